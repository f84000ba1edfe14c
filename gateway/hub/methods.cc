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

}  // namespace

// --- Looking up ----------------------------------------------------------------------------------

Endpoint* MethodTable::RoleOf(const Table& table, Role role) {
  if (role == Role::kLogin) return table.login.get();
  if (role == Role::kAdmission) return table.admission.get();
  return role == Role::kRaw ? table.raw.get() : nullptr;
}

Endpoint* MethodTable::FindGuard(std::string_view space, GuardAction action) const {
  if (guards_ == 0) return nullptr;
  for (std::string_view name : {space, kEverySpace}) {
    auto found = tables_.find(name);
    if (found == tables_.end()) continue;
    Endpoint* guard = found->second.guards[static_cast<size_t>(action)].get();
    if (guard) return guard;
  }
  return nullptr;
}

Endpoint* MethodTable::Find(std::string_view space, Role role, std::string_view method) const {
  for (std::string_view name : {space, kEverySpace}) {
    auto found = tables_.find(name);
    if (found == tables_.end()) continue;
    Table& table = found->second;
    Endpoint* endpoint = nullptr;
    if (role != Role::kMethod) {
      endpoint = RoleOf(table, role);
    } else if (auto it = table.methods.find(method); it != table.methods.end()) {
      endpoint = it->second.get();
    }
    if (endpoint) return endpoint;
  }
  return nullptr;
}

const DeclaredEvent* MethodTable::FindEvent(std::string_view space, std::string_view event) const {
  for (std::string_view name : {space, kEverySpace}) {
    auto found = tables_.find(name);
    if (found == tables_.end()) continue;
    auto it = found->second.events.find(event);
    if (it != found->second.events.end()) return it->second.get();
  }
  return nullptr;
}

MethodsView MethodTable::View(std::string_view space) const {
  std::map<std::string_view, OfferedView> methods;
  std::map<std::string_view, OfferedView> events;
  for (std::string_view name : {space, kEverySpace}) {
    auto found = tables_.find(name);
    if (found == tables_.end()) continue;
    for (const auto& [method, endpoint] : found->second.methods) {
      methods.try_emplace(method, ViewOf(method, *endpoint));
    }
    for (const auto& [event, declared] : found->second.events) {
      events.try_emplace(event, ViewOf(event, *declared));
    }
  }
  MethodsView view;
  for (auto& [name, method] : methods) view.methods.push_back(std::move(method));
  for (auto& [name, event] : events) view.events.push_back(std::move(event));
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
  static const auto* const kNone = new decltype(Table::methods);
  auto methods_of = [this](std::string_view name) -> const decltype(Table::methods)& {
    auto found = tables_.find(name);
    return found == tables_.end() ? *kNone : found->second.methods;
  };
  const auto& own = methods_of(space);
  const auto& everywhere = methods_of(kEverySpace);
  auto a = own.begin();
  auto b = everywhere.begin();
  while (a != own.end() || b != everywhere.end()) {
    bool take_own = b == everywhere.end() || (a != own.end() && a->first <= b->first);
    const std::string& name = take_own ? a->first : b->first;
    if (!visit(name)) return;
    if (b != everywhere.end() && b->first == name) ++b;
    if (take_own) ++a;
  }
}

}  // namespace sluice::hub
