// SPDX-License-Identifier: Apache-2.0
//
// What can be called in which namespace, and which workers offer it now. Every shard has the same
// table. A method whose last worker vanished stays known, so that its callers hear "unavailable"
// instead of "no such method", and nobody enters unasked while admission restarts; only what is
// deregistered by its name is forgotten.
//
// Whoever offers a name also says who may use it. Workers may disagree (a rolling deploy, a
// mistake), and then the strictest holds: a name is protected while any live offer of it says so,
// and one that is protected in "*" is so in every namespace. With no live offer it stays what it
// was last.
//
// Single-threaded.
#pragma once

#include <array>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/btree_map.h"
#include "absl/container/btree_set.h"
#include "absl/container/flat_hash_map.h"
#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "gateway/hub/endpoints.h"
#include "gateway/hub/shard_types.h"
#include "gateway/hub/worker.h"

namespace sluice::hub {

// Two live workers say different things of who may use a name.
struct AccessConflict {
  std::string name;  // the method's or event's
  std::string what;  // a sentence that names both workers
};

// What a namespace falls back to where it has nothing of its own.
inline constexpr std::string_view kEverySpace = "*";

class Offers;

class MethodTable {
 public:
  // `names_max`: methods, events, roles and guards together, over all namespaces.
  // `refuse_conflicts`: whoever says something else than those who offer a name already is refused.
  explicit MethodTable(size_t names_max, bool refuse_conflicts = false);
  ~MethodTable();

  // Whom it contradicts. RESOURCE_EXHAUSTED: names_max; ALREADY_EXISTS: it contradicts, and that is
  // refused. Nothing was taken then. What another node took is bounded there, and not refused.
  absl::StatusOr<std::vector<AccessConflict>> Register(const Registration& registration);

  // `orphaned` is shown each endpoint that lost its last offer, before it is forgotten.
  using Orphaned = absl::FunctionRef<void(Endpoint&)>;
  void Deregister(const Deregistration& deregistration, Orphaned orphaned);
  // The same for everything of a worker whose stream ended; nothing is forgotten. Costs what the
  // worker offers, not what there is.
  void RemoveWorker(WorkerId worker, Orphaned orphaned);

  // What the namespace itself has under that name, else what "*" has; null: never registered.
  // Stable until it is deregistered.
  Endpoint* Find(std::string_view space, Role role, std::string_view method = {}) const;
  Endpoint* FindGuard(std::string_view space, GuardAction action) const;
  const DeclaredEvent* FindEvent(std::string_view space, std::string_view event) const;

  // Costs what it shows.
  MethodsView View(std::string_view space, const MethodsRange& range) const;

  // Shows each name that can be called in the namespace, ascending, until `visit` says false.
  void ForEachMethod(std::string_view space,
                     absl::FunctionRef<bool(std::string_view name)> visit) const;

  // Another number after each change of what there is; never 0.
  uint64_t version() const { return version_; }

  // Namespaces of which anything is known.
  size_t spaces() const { return tables_.size(); }
  // Workers that offer anything.
  size_t workers() const { return offered_.size(); }

 private:
  friend class Offers;
  template <typename Entry>
  using ByName = EndpointTable::ByName<Entry>;
  using Table = EndpointTable;
  using Tables = std::map<std::string, Table, std::less<>>;

  // What a worker offers in one namespace. The names are the table's own keys.
  struct Offered {
    absl::btree_set<std::string_view> methods;
    absl::btree_set<std::string_view> events;
    size_t roles = 0;  // and guards
    bool nothing() const { return methods.empty() && events.empty() && roles == 0; }
  };
  using OfferedIn = absl::btree_map<std::string_view, Offered>;  // by namespace
  using Place = Tables::value_type;                              // a namespace and its table

  // Registering (methods_registering.cc).
  size_t CountNew(const Registration& registration) const;
  std::vector<AccessConflict> ConflictsOf(const Registration& registration) const;
  void Add(Place& place, const SharedOffer& offer);
  void AddEvent(Place& place, const EventOffer& offer);
  void ForgetRoles(Place& place, const Deregistration& deregistration, Orphaned orphaned);
  void ForgetMethods(Place& place, const Deregistration& deregistration, Orphaned orphaned);
  void ForgetEvents(Place& place, const Deregistration& deregistration);
  // All that the worker offers in one namespace; the index is the caller's business.
  void Withdraw(Place& place, WorkerId worker, const Offered& offered, Orphaned orphaned);

  // Takes a worker's offer out of an entry; false if it has none there.
  template <typename Entry>
  bool TakeOut(std::string_view space, std::string_view name, Entry& entry, WorkerId worker);
  // The same, and out of the index.
  template <typename Entry>
  bool TakeBack(std::string_view space, std::string_view name, Entry& entry, WorkerId worker,
                absl::btree_set<std::string_view> Offered::* names);
  bool TakeBackRole(std::string_view space, Endpoint& endpoint, WorkerId worker);
  void ForgetIfNothing(WorkerId worker, std::string_view space);
  template <typename Entry>
  void Put(std::string_view space, std::string_view name, Entry& entry,
           const decltype(Entry::offers)::value_type& offer);

  // Who may use a name.
  template <typename Entry>
  void Settle(std::string_view space, std::string_view name, Entry& entry, bool said);
  void SettleEverywhere();

  // What the namespace has under each name behind `after`, else what "*" has, until `visit(name,
  // entry)` says false; whether it never did.
  template <typename Entry, typename Visit>
  bool Walk(ByName<Entry> Table::* names, std::string_view space, std::string_view after,
            Visit visit) const;

  size_t names_max_;
  bool refuse_conflicts_;
  size_t names_ = 0;
  uint64_t version_ = 1;
  size_t guards_ = 0;  // endpoints of guards, over all namespaces: mostly none
  mutable Tables tables_;
  absl::flat_hash_map<WorkerId, OfferedIn> offered_;
  bool everywhere_changed_ = false;  // what "*" says of a name; until SettleEverywhere
};

// What one namespace offers: its own, else what "*" does. Looks the namespace's name up once after
// each change of the table.
class Offers {
 public:
  // Both outlive this.
  Offers(const MethodTable& methods, std::string_view space) : methods_(methods), space_(space) {}

  // As those of MethodTable.
  Endpoint* Find(Role role, std::string_view method = {}) const;
  Endpoint* FindGuard(GuardAction action) const {
    return methods_.guards_ == 0 ? nullptr : FindAnyGuard(action);
  }
  const DeclaredEvent* FindEvent(std::string_view event) const;

 private:
  using Tables = std::array<const MethodTable::Table*, 2>;  // null: there is none
  const Tables& tables() const;
  Endpoint* FindAnyGuard(GuardAction action) const;

  const MethodTable& methods_;
  const std::string_view space_;
  mutable Tables tables_{};
  mutable uint64_t version_ = 0;  // of the method table, when these were looked up
};

// How long a call may take that any of these offers may get; `otherwise` for those without a limit.
Duration LongestLimit(const Endpoint& endpoint, Duration otherwise);
inline Duration LimitOf(const Offer& offer, Duration otherwise) {
  return offer.time_limit == absl::ZeroDuration() ? otherwise : offer.time_limit;
}

}  // namespace sluice::hub
