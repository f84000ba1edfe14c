// SPDX-License-Identifier: Apache-2.0
#include "gateway/protocol/registry.h"

#include <algorithm>

namespace sluice::protocol {

const hub::Dialect* Registry::Find(std::string_view name) const {
  auto named = [name](const hub::Dialect* dialect) { return dialect->name() == name; };
  auto found = std::find_if(all.begin(), all.end(), named);
  return found == all.end() ? nullptr : *found;
}

std::array<std::string_view, hub::kDialectsMax> Registry::Names() const {
  std::array<std::string_view, hub::kDialectsMax> names;
  for (const hub::Dialect* dialect : all) names[dialect->id()] = dialect->name();
  return names;
}

}  // namespace sluice::protocol
