// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace sluice::control {

// A small file whole (at most 1 MiB). INVALID_ARGUMENT names `option`, the file and why.
absl::StatusOr<std::string> ReadFile(const std::string& path, std::string_view option);

}  // namespace sluice::control
