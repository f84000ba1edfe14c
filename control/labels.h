// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "absl/status/statusor.h"
#include "control/values.h"
#include "gateway/hub/types.h"

namespace sluice::control {

// `reason` if a key is empty or either side is over kNameMax bytes or has control characters.
absl::StatusOr<hub::Labels> ToLabels(const TextMap& labels, std::string_view reason,
                                     std::string_view field);
void FillLabels(const hub::Labels& labels, TextMap* proto);

}  // namespace sluice::control
