// SPDX-License-Identifier: Apache-2.0
//
// The query of a request target: "a=1&b=two%20words". Names are compared as they are written.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace sluice::protocol {

// The decoded value of the parameter `name`; nothing if it is absent. INVALID_ARGUMENT: it is there
// twice, or a percent sign is not followed by two hexadecimal digits.
absl::StatusOr<std::optional<std::string>> QueryValue(std::string_view query,
                                                      std::string_view name);

}  // namespace sluice::protocol
