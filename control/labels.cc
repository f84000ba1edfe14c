// SPDX-License-Identifier: Apache-2.0
#include "control/labels.h"

#include <utility>

#include "control/limits.h"
#include "control/status.h"

namespace sluice::control {

absl::StatusOr<hub::Labels> ToLabels(const TextMap& labels, std::string_view reason,
                                     std::string_view field) {
  hub::Labels result;
  for (const auto& [key, value] : labels) {
    if (!IsName(key, kNameMax) || !IsNameOrEmpty(value, kNameMax)) {
      return Invalid(reason, field,
                     "a label's name has 1 to 255 bytes, its value 0 to 255, neither has control "
                     "characters");
    }
    result.emplace(key, value);
  }
  return result;
}

void FillLabels(const hub::Labels& labels, TextMap* proto) {
  for (const auto& [key, value] : labels) PutText(proto, key, value);
}

}  // namespace sluice::control
