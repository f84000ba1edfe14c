// SPDX-License-Identifier: Apache-2.0
#include "gateway/hub/methods.h"

#include <algorithm>
#include <utility>

namespace sluice::hub {
namespace {

constexpr std::string_view kEverySpace = "*";

}  // namespace

// --- Registering ---------------------------------------------------------------------------------

absl::Status MethodTable::Register(const Registration& registration) {
  size_t added = CountNew(registration);
  if (names_ + added > names_max_) {
    return absl::ResourceExhaustedError("--methods-max names are registered");
  }
  ++version_;
  Table& table = tables_[registration.space];
  const size_t before = NamesIn(table);
  for (const SharedOffer& offer : registration.offers) Add(table, offer);
  for (const EventOffer& event : registration.events) table.events[event.name] = event;
  names_ += NamesIn(table) - before;
  if (NamesIn(table) == 0) tables_.erase(registration.space);
  return absl::OkStatus();
}

// At most; what one message names twice counts twice.
size_t MethodTable::CountNew(const Registration& registration) const {
  auto table = tables_.find(registration.space);
  size_t added = 0;
  for (const SharedOffer& offer : registration.offers) {
    added += table == tables_.end() || !Has(table->second, *offer);
  }
  for (const EventOffer& event : registration.events) {
    added += table == tables_.end() || !table->second.events.contains(event.name);
  }
  return added;
}

bool MethodTable::Has(const Table& table, const Offer& offer) {
  if (offer.role == Role::kMethod) return table.methods.contains(offer.method);
  if (offer.role == Role::kGuard) return table.guards[static_cast<size_t>(offer.action)] != nullptr;
  return RoleOf(table, offer.role) != nullptr;
}

size_t MethodTable::NamesIn(const Table& table) {
  auto is_there = [](const auto& endpoint) { return endpoint != nullptr; };
  return table.methods.size() + table.events.size() + (table.login != nullptr) +
         (table.admission != nullptr) + (table.raw != nullptr) +
         static_cast<size_t>(std::count_if(table.guards.begin(), table.guards.end(), is_there));
}

std::unique_ptr<Endpoint>& MethodTable::SlotFor(Table& table, const Offer& offer) {
  if (offer.role == Role::kLogin) return table.login;
  if (offer.role == Role::kAdmission) return table.admission;
  if (offer.role == Role::kRaw) return table.raw;
  if (offer.role == Role::kGuard) return table.guards[static_cast<size_t>(offer.action)];
  return table.methods[offer.method];
}

// A worker that offers the same again replaces its offer.
void MethodTable::Add(Table& table, const SharedOffer& offer) {
  std::unique_ptr<Endpoint>& slot = SlotFor(table, *offer);
  if (!slot) {
    slot = std::make_unique<Endpoint>();
    guards_ += offer->role == Role::kGuard;
  }
  slot->method = offer->method;
  slot->is_protected = offer->is_protected;
  RemoveOffers(*slot, offer->worker);
  slot->offers.push_back(offer);
}

bool MethodTable::RemoveOffers(Endpoint& endpoint, WorkerId worker) {
  return std::erase_if(endpoint.offers,
                       [&](const SharedOffer& offer) { return offer->worker == worker; }) > 0;
}

template <typename Visit>
void MethodTable::ForEachEndpoint(Table& table, Visit visit) {
  for (auto& [name, endpoint] : table.methods) visit(*endpoint);
  for (Role role : {Role::kLogin, Role::kAdmission, Role::kRaw}) {
    if (Endpoint* endpoint = RoleOf(table, role)) visit(*endpoint);
  }
  for (auto& guard : table.guards) {
    if (guard) visit(*guard);
  }
}

void MethodTable::Deregister(const Deregistration& deregistration, Orphaned orphaned) {
  auto found = tables_.find(deregistration.space);
  if (found == tables_.end()) return;
  ++version_;
  Table& table = found->second;
  const size_t before = NamesIn(table);
  ForgetMethods(table, deregistration, orphaned);
  ForgetRoles(table, deregistration, orphaned);
  // Events belong to the namespace, not to a worker: only naming one takes it away.
  for (const std::string& event : deregistration.events) table.events.erase(event);
  names_ -= before - NamesIn(table);
  if (NamesIn(table) == 0) tables_.erase(found);  // the namespace's name leaves with its last user
}

void MethodTable::ForgetRoles(Table& table, const Deregistration& deregistration,
                              Orphaned orphaned) {
  auto forget = [&](std::unique_ptr<Endpoint>& slot, bool named) {
    if (!slot || !(named || deregistration.everything)) return false;
    if (!RemoveOffers(*slot, deregistration.worker) || !slot->offers.empty()) return false;
    orphaned(*slot);
    if (named) slot.reset();
    return named;
  };
  auto named = [&](const auto& list, auto wanted) {
    return std::find(list.begin(), list.end(), wanted) != list.end();
  };
  forget(table.login, named(deregistration.roles, Role::kLogin));
  forget(table.admission, named(deregistration.roles, Role::kAdmission));
  forget(table.raw, named(deregistration.roles, Role::kRaw));
  for (size_t i = 0; i < table.guards.size(); ++i) {
    guards_ -= forget(table.guards[i], named(deregistration.guards, static_cast<GuardAction>(i)));
  }
}

void MethodTable::ForgetMethods(Table& table, const Deregistration& deregistration,
                                Orphaned orphaned) {
  // True if it was the last that offered it.
  auto take_back = [&](Endpoint& endpoint) {
    bool last = RemoveOffers(endpoint, deregistration.worker) && endpoint.offers.empty();
    if (last) orphaned(endpoint);
    return last;
  };
  for (const std::string& name : deregistration.methods) {
    auto found = table.methods.find(name);
    if (found != table.methods.end() && take_back(*found->second)) table.methods.erase(found);
  }
  if (!deregistration.everything) return;
  for (auto& [name, endpoint] : table.methods) take_back(*endpoint);
}

void MethodTable::RemoveWorker(WorkerId worker, Orphaned orphaned) {
  ++version_;
  for (auto& [space, table] : tables_) {
    ForEachEndpoint(table, [&](Endpoint& endpoint) {
      if (RemoveOffers(endpoint, worker) && endpoint.offers.empty()) orphaned(endpoint);
    });
  }
}

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

const EventOffer* MethodTable::FindEvent(std::string_view space, std::string_view event) const {
  for (std::string_view name : {space, kEverySpace}) {
    auto found = tables_.find(name);
    if (found == tables_.end()) continue;
    auto it = found->second.events.find(event);
    if (it != found->second.events.end()) return &it->second;
  }
  return nullptr;
}

MethodsView MethodTable::View(std::string_view space) const {
  std::map<std::string_view, MethodView> methods;
  std::map<std::string_view, EventOffer> events;
  for (std::string_view name : {space, kEverySpace}) {
    auto found = tables_.find(name);
    if (found == tables_.end()) continue;
    for (const auto& [method, endpoint] : found->second.methods) {
      MethodView view{method, endpoint->is_protected, {}, {}};
      for (const SharedOffer& offer : endpoint->offers) {
        view.workers.push_back(offer->worker_name);
        if (offer->link->health().ejected()) view.ejected.push_back(offer->worker_name);
      }
      std::sort(view.workers.begin(), view.workers.end());
      std::sort(view.ejected.begin(), view.ejected.end());
      methods.emplace(method, std::move(view));
    }
    events.insert(found->second.events.begin(), found->second.events.end());
  }
  MethodsView view;
  for (auto& [name, method] : methods) view.methods.push_back(std::move(method));
  for (auto& [name, event] : events) view.events.push_back(std::move(event));
  return view;
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
