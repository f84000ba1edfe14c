// SPDX-License-Identifier: Apache-2.0
#include "gateway/config/validate.h"

#include "gateway/protocol/socketcluster.h"

namespace sluice::config {
namespace {

absl::Status CheckTimes(const Settings& s) {
  if (s.limits.client_call_timeout > s.limits.client_call_timeout_max) {
    return absl::InvalidArgumentError(
        "client-call-timeout: is longer than client-call-timeout-max");
  }
  if (s.shard.call_timeout > s.limits.method_time_limit_max) {
    return absl::InvalidArgumentError("call-timeout: is longer than method-time-limit-max");
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status Validate(const Settings& settings) {
  absl::Status status = edge::Validate(settings.edge);
  status.Update(edge::Validate(settings.admin));
  status.Update(control::Validate(settings.control));
  status.Update(protocol::Validate(settings.dialects.socketcluster));
  status.Update(CheckTimes(settings));
  return status;
}

}  // namespace sluice::config
