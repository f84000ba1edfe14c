// SPDX-License-Identifier: Apache-2.0
//
// What is inside of an object or an array, each value as its own JSON text. The text's grammar must
// have been checked (walk.h): simdjson checks only what it visits.
#pragma once

#include <string_view>

#include "absl/functional/function_ref.h"

namespace sluice::protocol {

// In the order of the text, duplicates included; the views end with the visit. False: `json` is no
// object (array), or it broke behind what was visited.
bool ForEachMember(std::string_view json,
                   absl::FunctionRef<void(std::string_view key, std::string_view value)> visit);
bool ForEachValue(std::string_view json, absl::FunctionRef<void(std::string_view value)> visit);

}  // namespace sluice::protocol
