// SPDX-License-Identifier: Apache-2.0
//
// The half of MethodTable that workers change: what they offer and take back, and who may use a
// name when they disagree.
#include <algorithm>
#include <utility>

#include "gateway/hub/methods.h"

namespace sluice::hub {
namespace {

template <typename List, typename Wanted>
bool Names(const List& list, const Wanted& wanted) {
  return std::find(list.begin(), list.end(), wanted) != list.end();
}

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

// What an entry of "*" says for every namespace.
template <typename Entry>
bool SaysProtected(const Entry& entry) {
  return !entry.offers.empty() && entry.own_protected;
}

}  // namespace

// --- Offering ------------------------------------------------------------------------------------

absl::StatusOr<std::vector<AccessConflict>> MethodTable::Register(
    const Registration& registration) {
  const bool may_refuse = !registration.elsewhere;
  if (may_refuse && names_ + CountNew(registration) > names_max_) {
    return absl::ResourceExhaustedError("--methods-max names are registered");
  }
  std::vector<AccessConflict> conflicts = ConflictsOf(registration);
  if (may_refuse && refuse_conflicts_ && !conflicts.empty()) {
    return absl::AlreadyExistsError(conflicts.front().what);
  }
  ++version_;
  Place& place = *tables_.try_emplace(registration.space).first;
  const size_t before = place.second.names();
  for (const SharedOffer& offer : registration.offers) Add(place, offer);
  for (const EventOffer& event : registration.events) AddEvent(place, event);
  names_ += place.second.names() - before;
  if (place.second.names() == 0) tables_.erase(registration.space);
  SettleEverywhere();
  return conflicts;
}

// At most; what one message names twice counts twice.
size_t MethodTable::CountNew(const Registration& registration) const {
  auto table = tables_.find(registration.space);
  size_t added = 0;
  for (const SharedOffer& offer : registration.offers) {
    added += table == tables_.end() || !table->second.Has(*offer);
  }
  for (const EventOffer& event : registration.events) {
    added += table == tables_.end() || !table->second.events.contains(event.name);
  }
  return added;
}

// A worker that offers the same again replaces its offer.
template <typename Entry>
void MethodTable::Put(std::string_view space, std::string_view name, Entry& entry,
                      const decltype(Entry::offers)::value_type& offer) {
  const bool said = SaysProtected(entry);
  RemoveOffers(entry, Of(offer).worker);
  entry.offers.push_back(offer);
  Settle(space, name, entry, said);
}

void MethodTable::Add(Place& place, const SharedOffer& offer) {
  auto& [space, table] = place;
  std::unique_ptr<Endpoint>& slot = table.SlotFor(*offer);
  if (!slot) {
    slot = std::make_unique<Endpoint>();
    guards_ += offer->role == Role::kGuard;
  }
  slot->method = offer->method;
  Offered& offered = offered_[offer->worker][space];
  if (offer->role == Role::kMethod) {
    offered.methods.insert(table.methods.find(offer->method)->first);
  } else {
    offered.roles += std::none_of(slot->offers.begin(), slot->offers.end(), [&](const auto& other) {
      return other->worker == offer->worker;
    });
  }
  Put(space, offer->method, *slot, offer);
}

void MethodTable::AddEvent(Place& place, const EventOffer& offer) {
  auto& [space, table] = place;
  auto& [name, slot] = *table.events.try_emplace(offer.name).first;
  if (!slot) slot = std::make_unique<DeclaredEvent>();
  offered_[offer.worker][space].events.insert(name);
  Put(space, name, *slot, offer);
}

// --- Who may use a name --------------------------------------------------------------------------

// After a change of the entry's offers; `said`: what it said before, as one of "*".
template <typename Entry>
void MethodTable::Settle(std::string_view space, std::string_view name, Entry& entry, bool said) {
  SettleOwn(entry);
  entry.is_protected = entry.own_protected;
  if (space == kEverySpace) {
    everywhere_changed_ |= SaysProtected(entry) != said;
    return;
  }
  auto everywhere = tables_.find(kEverySpace);
  if (everywhere == tables_.end()) return;
  const auto& entries = everywhere->second.template EntriesOf<Entry>();
  auto found = entries.find(name);
  if (found != entries.end()) entry.is_protected |= SaysProtected(*found->second);
}

// There are at most names_max names, and seldom does "*" say something else of one.
void MethodTable::SettleEverywhere() {
  if (!std::exchange(everywhere_changed_, false)) return;
  auto settle = [this](std::string_view space, auto& entries) {
    for (auto& [name, entry] : entries) Settle(space, name, *entry, SaysProtected(*entry));
  };
  for (auto& [space, table] : tables_) {
    settle(space, table.methods);
    settle(space, table.events);
  }
}

// --- Taking back ---------------------------------------------------------------------------------

void MethodTable::Deregister(const Deregistration& deregistration, Orphaned orphaned) {
  auto found = tables_.find(deregistration.space);
  if (found == tables_.end()) return;
  ++version_;
  Table& table = found->second;
  const size_t before = table.names();
  ForgetMethods(*found, deregistration, orphaned);
  ForgetRoles(*found, deregistration, orphaned);
  ForgetEvents(*found, deregistration);
  if (deregistration.everything) {
    auto worker = offered_.find(deregistration.worker);
    auto offered =
        worker == offered_.end() ? OfferedIn::iterator() : worker->second.find(found->first);
    if (worker != offered_.end() && offered != worker->second.end()) {
      Withdraw(*found, deregistration.worker, offered->second, orphaned);
      offered->second = {};
    }
  }
  ForgetIfNothing(deregistration.worker, found->first);
  names_ -= before - table.names();
  if (table.names() == 0) {  // the namespace's name leaves with its last user
    tables_.erase(found);
    ++version_;  // whoever was orphaned may have looked the table up meanwhile
  }
  SettleEverywhere();
}

void MethodTable::ForgetIfNothing(WorkerId worker, std::string_view space) {
  auto found = offered_.find(worker);
  if (found == offered_.end()) return;
  auto offered = found->second.find(space);
  if (offered != found->second.end() && offered->second.nothing()) found->second.erase(offered);
  if (found->second.empty()) offered_.erase(found);
}

template <typename Entry>
bool MethodTable::TakeOut(std::string_view space, std::string_view name, Entry& entry,
                          WorkerId worker) {
  const bool said = SaysProtected(entry);
  if (!RemoveOffers(entry, worker)) return false;
  Settle(space, name, entry, said);
  return true;
}

template <typename Entry>
bool MethodTable::TakeBack(std::string_view space, std::string_view name, Entry& entry,
                           WorkerId worker, absl::btree_set<std::string_view> Offered::* names) {
  if (!TakeOut(space, name, entry, worker)) return false;
  (offered_[worker][space].*names).erase(name);
  return true;
}

bool MethodTable::TakeBackRole(std::string_view space, Endpoint& endpoint, WorkerId worker) {
  if (!RemoveOffers(endpoint, worker)) return false;
  --offered_[worker][space].roles;
  return true;
}

void MethodTable::ForgetRoles(Place& place, const Deregistration& deregistration,
                              Orphaned orphaned) {
  auto& [space, table] = place;
  auto forget = [&](std::unique_ptr<Endpoint>& slot, bool named) {
    if (!slot || !named || !TakeBackRole(space, *slot, deregistration.worker)) return false;
    if (!slot->offers.empty()) return false;
    orphaned(*slot);
    slot.reset();
    return true;
  };
  forget(table.login, Names(deregistration.roles, Role::kLogin));
  forget(table.admission, Names(deregistration.roles, Role::kAdmission));
  forget(table.raw, Names(deregistration.roles, Role::kRaw));
  for (size_t i = 0; i < table.guards.size(); ++i) {
    guards_ -= forget(table.guards[i], Names(deregistration.guards, static_cast<GuardAction>(i)));
  }
}

void MethodTable::ForgetMethods(Place& place, const Deregistration& deregistration,
                                Orphaned orphaned) {
  auto& [space, table] = place;
  for (const std::string& name : deregistration.methods) {
    auto found = table.methods.find(name);
    if (found == table.methods.end()) continue;
    Endpoint& endpoint = *found->second;
    if (!TakeBack(space, found->first, endpoint, deregistration.worker, &Offered::methods))
      continue;
    if (!endpoint.offers.empty()) continue;
    orphaned(endpoint);
    table.methods.erase(found);
  }
}

// What no live worker declares any more, any worker may take away by its name: whoever declared it
// may be gone for good.
void MethodTable::ForgetEvents(Place& place, const Deregistration& deregistration) {
  auto& [space, table] = place;
  for (const std::string& name : deregistration.events) {
    auto found = table.events.find(name);
    if (found == table.events.end()) continue;
    TakeBack(space, found->first, *found->second, deregistration.worker, &Offered::events);
    if (found->second->offers.empty()) table.events.erase(found);
  }
}

void MethodTable::Withdraw(Place& place, WorkerId worker, const Offered& offered,
                           Orphaned orphaned) {
  auto& [space, table] = place;
  auto withdraw = [&, &space = space](Endpoint& endpoint, std::string_view name) {
    if (TakeOut(space, name, endpoint, worker) && endpoint.offers.empty()) orphaned(endpoint);
  };
  for (std::string_view name : offered.methods) withdraw(*table.methods.find(name)->second, name);
  if (offered.roles > 0) table.ForEachRole([&](Endpoint& endpoint) { withdraw(endpoint, {}); });
  for (std::string_view name : offered.events) {
    TakeOut(space, name, *table.events.find(name)->second, worker);
  }
}

void MethodTable::RemoveWorker(WorkerId worker, Orphaned orphaned) {
  auto leaving = offered_.extract(worker);
  if (leaving.empty()) return;
  ++version_;
  for (const auto& [space, offered] : leaving.mapped()) {
    Withdraw(*tables_.find(space), worker, offered, orphaned);
  }
  SettleEverywhere();
}

}  // namespace sluice::hub
