// SPDX-License-Identifier: Apache-2.0
#include "gateway/hub/method_lists.h"

#include <utility>
#include <vector>

namespace sluice::hub {
namespace {

// Quotes and a comma around a name.
constexpr size_t kAroundName = 3;
// What a list costs beside its bytes and the name of its namespace.
constexpr size_t kAroundList = 256;

}  // namespace

size_t MethodLists::Kept::bytes() const { return list.encoded.size() + space.size() + kAroundList; }

const MethodLists::List& MethodLists::For(const Dialect& dialect, std::string_view space) {
  if (version_ != methods_.version()) Clear();
  version_ = methods_.version();
  auto found = kept_.find({dialect.id(), space});
  if (found == kept_.end()) {
    return Keep({Make(dialect, space), dialect.id(), std::string(space)});
  }
  order_.splice(order_.begin(), order_, found->second);
  return found->second->list;
}

const MethodLists::List& MethodLists::Keep(Kept kept) {
  bytes_ += kept.bytes();
  order_.push_front(std::move(kept));
  const Kept& last = order_.front();
  kept_.emplace(ListKey{last.dialect, last.space}, order_.begin());
  while (bytes_ > kFullListsMax * bytes_max_ && order_.size() > 1) DropOldest();
  return last.list;
}

void MethodLists::DropOldest() {
  const Kept& oldest = order_.back();
  bytes_ -= oldest.bytes();
  kept_.erase({oldest.dialect, oldest.space});
  order_.pop_back();
}

void MethodLists::Clear() {
  kept_.clear();
  order_.clear();
  bytes_ = 0;
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
