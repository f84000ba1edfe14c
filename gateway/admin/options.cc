// SPDX-License-Identifier: Apache-2.0
#include "gateway/admin/options.h"

#include "absl/strings/str_cat.h"
#include "gateway/edge/address.h"

namespace sluice::admin {

absl::Status Validate(const Options& options) {
  if (absl::Status status = edge::ParseHostPort(options.listen).status(); !status.ok()) {
    return absl::InvalidArgumentError(absl::StrCat("admin: ", status.message()));
  }
  if (options.connections_max < 1) {
    return absl::InvalidArgumentError("admin-connections-max: allowed are 1 and more");
  }
  if (options.connections_per_address < 1) {
    return absl::InvalidArgumentError("admin-connections-per-address: allowed are 1 and more");
  }
  if (options.header_bytes < 512 || options.header_bytes > 1 << 20) {
    return absl::InvalidArgumentError("admin-header-bytes: allowed are 512 to 1048576");
  }
  if (options.timeout < absl::Milliseconds(10) || options.timeout > absl::Hours(1)) {
    return absl::InvalidArgumentError("admin-timeout: allowed are 10ms to 1h");
  }
  return absl::OkStatus();
}

}  // namespace sluice::admin
