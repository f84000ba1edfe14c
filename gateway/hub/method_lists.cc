// SPDX-License-Identifier: Apache-2.0
#include "gateway/hub/method_lists.h"

#include <vector>

namespace sluice::hub {
namespace {

// Quotes and a comma around a name.
constexpr size_t kAroundName = 3;

}  // namespace

const MethodLists::List& MethodLists::For(const Dialect& dialect, std::string_view space) {
  Kept& kept = kept_[dialect.id()];
  if (kept.version != methods_.version() || kept.space != space) {
    kept = {Make(dialect, space), std::string(space), methods_.version()};
  }
  return kept.list;
}

MethodLists::List MethodLists::Make(const Dialect& dialect, std::string_view space) const {
  List list;
  std::vector<std::string_view> names;
  size_t bytes = 0;
  methods_.ForEachMethod(space, [&](std::string_view name) {
    bytes += name.size() + kAroundName;
    list.cut = bytes > bytes_max_;
    if (!list.cut) names.push_back(name);
    return !list.cut;
  });
  bool login = methods_.Find(space, Role::kLogin) != nullptr;
  list.encoded = dialect.EncodeMethodList(names, login);
  return list;
}

}  // namespace sluice::hub
