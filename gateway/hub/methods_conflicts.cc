// SPDX-License-Identifier: Apache-2.0
//
// Workers that say different things of who may use a name.
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gateway/hub/methods.h"

namespace sluice::hub {
namespace {

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

}  // namespace sluice::hub
