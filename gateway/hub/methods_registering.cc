// SPDX-License-Identifier: Apache-2.0
//
// The half of MethodTable that workers change: what they offer and take back, and who may use a
// name when they disagree.
#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "gateway/hub/methods.h"

namespace sluice::hub {
namespace {

template <typename List, typename Wanted>
bool Names(const List& list, const Wanted& wanted) {
  return std::find(list.begin(), list.end(), wanted) != list.end();
}

// Methods are offered by pointers, events by values.
const Offer& Of(const SharedOffer& offer) { return *offer; }
const EventOffer& Of(const EventOffer& offer) { return offer; }

template <typename Entry>
bool RemoveOffers(Entry& entry, WorkerId worker) {
  return std::erase_if(entry.offers,
                       [&](const auto& offer) { return Of(offer).worker == worker; }) > 0;
}

// Called for whatever changed among an entry's own offers.
template <typename Entry>
void SettleOwn(Entry& entry) {
  if (entry.offers.empty()) return;
  entry.own_protected = std::any_of(entry.offers.begin(), entry.offers.end(),
                                    [](const auto& offer) { return Of(offer).is_protected; });
}

// What holds in a namespace, given what is said for every namespace.
template <typename Entries>
void SettleEntries(Entries& entries, const Entries* everywhere) {
  for (auto& [name, entry] : entries) {
    entry->is_protected = entry->own_protected;
    if (!everywhere) continue;
    auto found = everywhere->find(name);
    if (found == everywhere->end() || found->second->offers.empty()) continue;
    entry->is_protected |= found->second->own_protected;
  }
}

std::string Said(bool is_protected) { return is_protected ? "protected" : "public"; }

// A live offer of another worker that says something else of the same name, or null.
template <typename Entries, typename Newcomer>
auto Opponent(const Entries& entries, const std::string& name, const Newcomer& newcomer)
    -> decltype(&Of(entries.begin()->second->offers.front())) {
  auto found = entries.find(name);
  if (found == entries.end()) return nullptr;
  for (const auto& offer : found->second->offers) {
    bool differs = Of(offer).is_protected != newcomer.is_protected;
    if (differs && Of(offer).worker != newcomer.worker) return &Of(offer);
  }
  return nullptr;
}

template <typename Newcomer, typename Other>
AccessConflict ConflictOf(std::string_view kind, const std::string& name, const Newcomer& newcomer,
                          const Other& other) {
  return {name,
          absl::StrCat("the ", std::string(kind), " \"", name, "\" is ", Said(other.is_protected),
                       " for worker \"", other.worker_name, "\" and ", Said(newcomer.is_protected),
                       " for worker \"", newcomer.worker_name, "\"")};
}

}  // namespace

// --- Offering ------------------------------------------------------------------------------------

absl::StatusOr<std::vector<AccessConflict>> MethodTable::Register(
    const Registration& registration) {
  if (names_ + CountNew(registration) > names_max_) {
    return absl::ResourceExhaustedError("--methods-max names are registered");
  }
  std::vector<AccessConflict> conflicts = ConflictsOf(registration);
  if (refuse_conflicts_ && !conflicts.empty()) {
    return absl::AlreadyExistsError(conflicts.front().what);
  }
  ++version_;
  Table& table = tables_[registration.space];
  const size_t before = NamesIn(table);
  for (const SharedOffer& offer : registration.offers) Add(table, offer);
  for (const EventOffer& event : registration.events) AddEvent(table, event);
  names_ += NamesIn(table) - before;
  if (NamesIn(table) == 0) tables_.erase(registration.space);
  SettleAccess(registration.space);
  return conflicts;
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

// With the offers of its namespace, and with those for every namespace.
std::vector<AccessConflict> MethodTable::ConflictsOf(const Registration& registration) const {
  std::vector<AccessConflict> conflicts;
  auto compare = [&](const Table& table) {
    for (const SharedOffer& offer : registration.offers) {
      if (offer->role != Role::kMethod) continue;
      const Offer* other = Opponent(table.methods, offer->method, *offer);
      if (other) conflicts.push_back(ConflictOf("method", offer->method, *offer, *other));
    }
    for (const EventOffer& event : registration.events) {
      const EventOffer* other = Opponent(table.events, event.name, event);
      if (other) conflicts.push_back(ConflictOf("event", event.name, event, *other));
    }
  };
  auto own = tables_.find(registration.space);
  if (own != tables_.end()) compare(own->second);
  auto everywhere = tables_.find(kEverySpace);
  if (registration.space != kEverySpace && everywhere != tables_.end()) {
    compare(everywhere->second);
  }
  return conflicts;
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
  RemoveOffers(*slot, offer->worker);
  slot->offers.push_back(offer);
  SettleOwn(*slot);
}

void MethodTable::AddEvent(Table& table, const EventOffer& offer) {
  std::unique_ptr<DeclaredEvent>& slot = table.events[offer.name];
  if (!slot) slot = std::make_unique<DeclaredEvent>();
  RemoveOffers(*slot, offer.worker);
  slot->offers.push_back(offer);
  SettleOwn(*slot);
}

// After a change in `space`. There are at most names_max names.
void MethodTable::SettleAccess(std::string_view space) {
  auto found = tables_.find(kEverySpace);
  const Table* everywhere = found == tables_.end() ? nullptr : &found->second;
  auto settle = [&](Table& table) {
    bool is_own = &table != everywhere;
    SettleEntries(table.methods, everywhere && is_own ? &everywhere->methods : nullptr);
    SettleEntries(table.events, everywhere && is_own ? &everywhere->events : nullptr);
  };
  if (space == kEverySpace) {
    for (auto& [name, table] : tables_) settle(table);
  } else if (auto own = tables_.find(space); own != tables_.end()) {
    settle(own->second);
  }
}

// --- Taking back ---------------------------------------------------------------------------------

void MethodTable::Deregister(const Deregistration& deregistration, Orphaned orphaned) {
  auto found = tables_.find(deregistration.space);
  if (found == tables_.end()) return;
  ++version_;
  Table& table = found->second;
  const size_t before = NamesIn(table);
  ForgetMethods(table, deregistration, orphaned);
  ForgetRoles(table, deregistration, orphaned);
  ForgetEvents(table, deregistration);
  names_ -= before - NamesIn(table);
  if (NamesIn(table) == 0) tables_.erase(found);  // the namespace's name leaves with its last user
  SettleAccess(deregistration.space);
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
  forget(table.login, Names(deregistration.roles, Role::kLogin));
  forget(table.admission, Names(deregistration.roles, Role::kAdmission));
  forget(table.raw, Names(deregistration.roles, Role::kRaw));
  for (size_t i = 0; i < table.guards.size(); ++i) {
    guards_ -= forget(table.guards[i], Names(deregistration.guards, static_cast<GuardAction>(i)));
  }
}

void MethodTable::ForgetMethods(Table& table, const Deregistration& deregistration,
                                Orphaned orphaned) {
  // True if it was the last that offered it.
  auto take_back = [&](Endpoint& endpoint) {
    if (!RemoveOffers(endpoint, deregistration.worker)) return false;
    SettleOwn(endpoint);
    if (!endpoint.offers.empty()) return false;
    orphaned(endpoint);
    return true;
  };
  for (const std::string& name : deregistration.methods) {
    auto found = table.methods.find(name);
    if (found != table.methods.end() && take_back(*found->second)) table.methods.erase(found);
  }
  if (!deregistration.everything) return;
  for (auto& [name, endpoint] : table.methods) take_back(*endpoint);
}

// What no live worker declares any more, any worker may take away by its name: whoever declared it
// may be gone for good.
void MethodTable::ForgetEvents(Table& table, const Deregistration& deregistration) {
  for (const std::string& name : deregistration.events) {
    auto found = table.events.find(name);
    if (found == table.events.end()) continue;
    RemoveOffers(*found->second, deregistration.worker);
    SettleOwn(*found->second);
    if (found->second->offers.empty()) table.events.erase(found);
  }
  if (!deregistration.everything) return;
  for (auto& [name, event] : table.events) {
    if (RemoveOffers(*event, deregistration.worker)) SettleOwn(*event);
  }
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

void MethodTable::RemoveWorker(WorkerId worker, Orphaned orphaned) {
  ++version_;
  for (auto& [space, table] : tables_) {
    ForEachEndpoint(table, [&](Endpoint& endpoint) {
      if (!RemoveOffers(endpoint, worker)) return;
      SettleOwn(endpoint);
      if (endpoint.offers.empty()) orphaned(endpoint);
    });
    for (auto& [name, event] : table.events) {
      if (RemoveOffers(*event, worker)) SettleOwn(*event);
    }
  }
  SettleAccess(kEverySpace);
}

}  // namespace sluice::hub
