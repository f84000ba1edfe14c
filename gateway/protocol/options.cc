// SPDX-License-Identifier: Apache-2.0
#include "gateway/protocol/options.h"

namespace sluice::protocol {

absl::Status Validate(const SocketClusterOptions& options) {
  if (options.ping_timeout == absl::ZeroDuration()) return absl::OkStatus();
  if (options.ping_interval == absl::ZeroDuration()) {
    return absl::InvalidArgumentError(
        "socketcluster-ping-interval: without pings socketcluster-ping-timeout must be 0");
  }
  if (options.ping_interval >= options.ping_timeout) {
    return absl::InvalidArgumentError(
        "socketcluster-ping-interval: is not shorter than socketcluster-ping-timeout");
  }
  return absl::OkStatus();
}

}  // namespace sluice::protocol
