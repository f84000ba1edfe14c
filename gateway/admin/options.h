// SPDX-License-Identifier: Apache-2.0
//
// The bounds and the address of the admin port. Plain values; the root fills and checks them once.
#pragma once

#include <cstddef>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"

namespace sluice::admin {

struct Options {
  std::string listen = "127.0.0.1:8081";  // --admin; a numeric address, port 0 is allowed
  size_t connections_max = 64;            // --admin-connections-max
  size_t connections_per_address = 16;    // --admin-connections-per-address
  size_t header_bytes = 8 << 10;          // --admin-header-bytes
  // --admin-timeout: of a request, of its page, and of sending the answer, each
  absl::Duration timeout = absl::Seconds(10);
};

// INVALID_ARGUMENT names the first option that is wrong and says what is allowed.
absl::Status Validate(const Options& options);

}  // namespace sluice::admin
