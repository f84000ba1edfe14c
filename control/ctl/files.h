// SPDX-License-Identifier: Apache-2.0
//
// Reading files as a whole, up to a bound.
#pragma once

#include <cstddef>
#include <string>

#include "absl/status/statusor.h"

namespace sluice::ctl {

// NOT_FOUND: it is not there. "-" is the standard input, if `input`.
absl::StatusOr<std::string> ReadFile(const std::string& path, size_t bytes_max, bool input = false);

}  // namespace sluice::ctl
