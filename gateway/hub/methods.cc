// SPDX-License-Identifier: Apache-2.0
#include "gateway/hub/methods.h"

#include <algorithm>
#include <utility>

namespace sluice::hub {
namespace {

std::string_view WorkerOf(const SharedOffer& offer) { return offer->worker_name; }
std::string_view WorkerOf(const EventOffer& offer) { return offer.worker_name; }
bool IsEjected(const SharedOffer& offer) { return offer->link->health().ejected(); }
bool IsEjected(const EventOffer&) { return false; }

template <typename Entry>
OfferedView ViewOf(const std::string& name, const Entry& entry) {
  OfferedView view{name, entry.is_protected, {}, {}};
  for (const auto& offer : entry.offers) {
    view.workers.emplace_back(WorkerOf(offer));
    if (IsEjected(offer)) view.ejected.emplace_back(WorkerOf(offer));
  }
  std::sort(view.workers.begin(), view.workers.end());
  std::sort(view.ejected.begin(), view.ejected.end());
  return view;
}

size_t BytesOf(const OfferedView& view) {
  size_t bytes = view.name.size();
  for (const std::string& worker : view.workers) bytes += worker.size();
  for (const std::string& worker : view.ejected) bytes += worker.size();
  return bytes;
}

}  // namespace

MethodTable::MethodTable(size_t names_max, bool refuse_conflicts)
    : names_max_(names_max), refuse_conflicts_(refuse_conflicts) {}

MethodTable::~MethodTable() = default;

// --- Looking up ----------------------------------------------------------------------------------

Endpoint* MethodTable::FindGuard(std::string_view space, GuardAction action) const {
  return Offers(*this, space).FindGuard(action);
}

Endpoint* MethodTable::Find(std::string_view space, Role role, std::string_view method) const {
  return Offers(*this, space).Find(role, method);
}

const DeclaredEvent* MethodTable::FindEvent(std::string_view space, std::string_view event) const {
  return Offers(*this, space).FindEvent(event);
}

const Offers::Tables& Offers::tables() const {
  if (version_ == methods_.version_) return tables_;
  version_ = methods_.version_;
  tables_ = {};
  size_t count = 0;
  for (std::string_view name : {space_, kEverySpace}) {
    auto found = methods_.tables_.find(name);
    if (found != methods_.tables_.end()) tables_[count++] = &found->second;
  }
  return tables_;
}

Endpoint* Offers::FindAnyGuard(GuardAction action) const {
  for (const auto* table : tables()) {
    if (!table) break;
    Endpoint* guard = table->guards[static_cast<size_t>(action)].get();
    if (guard) return guard;
  }
  return nullptr;
}

Endpoint* Offers::Find(Role role, std::string_view method) const {
  for (const auto* table : tables()) {
    if (!table) break;
    Endpoint* endpoint = nullptr;
    if (role != Role::kMethod) {
      endpoint = table->RoleOf(role);
    } else if (auto it = table->methods.find(method); it != table->methods.end()) {
      endpoint = it->second.get();
    }
    if (endpoint) return endpoint;
  }
  return nullptr;
}

const DeclaredEvent* Offers::FindEvent(std::string_view event) const {
  for (const auto* table : tables()) {
    if (!table) break;
    auto it = table->events.find(event);
    if (it != table->events.end()) return it->second.get();
  }
  return nullptr;
}

template <typename Entry, typename Visit>
bool MethodTable::Walk(ByName<Entry> Table::* names, std::string_view space, std::string_view after,
                       Visit visit) const {
  static const auto* const kNone = new ByName<Entry>;
  auto names_of = [&](std::string_view name) -> const ByName<Entry>& {
    auto found = tables_.find(name);
    return found == tables_.end() ? *kNone : found->second.*names;
  };
  const auto& own = names_of(space);
  const auto& everywhere = names_of(kEverySpace);
  auto a = own.upper_bound(after);
  auto b = everywhere.upper_bound(after);
  while (a != own.end() || b != everywhere.end()) {
    bool take_own = b == everywhere.end() || (a != own.end() && a->first <= b->first);
    const auto& [name, entry] = take_own ? *a : *b;
    if (!visit(name, *entry)) return false;
    if (b != everywhere.end() && b->first == name) ++b;
    if (take_own) ++a;
  }
  return true;
}

MethodsView MethodTable::View(std::string_view space, const MethodsRange& range) const {
  MethodsView view;
  size_t count = 0;
  size_t bytes = 0;
  auto add_to = [&](std::vector<OfferedView>& views) {
    return [&](const std::string& name, const auto& entry) {
      if (count == range.limit || bytes > range.bytes_max) return false;
      views.push_back(ViewOf(name, entry));
      ++count;
      bytes += BytesOf(views.back());
      return true;
    };
  };
  const std::string_view first;
  bool all = range.events_alone || Walk(&Table::methods, space, range.after, add_to(view.methods));
  if (!all) return view;
  Walk(&Table::events, space, range.events_alone ? range.after : first, add_to(view.events));
  return view;
}

Duration LongestLimit(const Endpoint& endpoint, Duration otherwise) {
  Duration longest = absl::ZeroDuration();
  for (const SharedOffer& offer : endpoint.offers) {
    longest = std::max(longest, LimitOf(*offer, otherwise));
  }
  return longest;
}

void MethodTable::ForEachMethod(std::string_view space,
                                absl::FunctionRef<bool(std::string_view name)> visit) const {
  Walk(&Table::methods, space, "",
       [&](const std::string& name, const Endpoint&) { return visit(name); });
}

}  // namespace sluice::hub
