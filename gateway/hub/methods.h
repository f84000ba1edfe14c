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

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "gateway/hub/shard_types.h"
#include "gateway/hub/waiting_calls.h"
#include "gateway/hub/worker.h"

namespace sluice::hub {

// One method, or one role, of one namespace.
struct Endpoint {
  std::string method;               // empty for a role
  bool is_protected = false;        // what holds
  bool own_protected = false;       // what its own offers say together, or said last
  std::vector<SharedOffer> offers;  // empty: nobody serves it now
  WaitingCalls waiting;             // for credit
  size_t place = 0;                 // while calls wait: of Calls
  size_t next = 0;                  // where the last choice among equals ended
};

// One event of one namespace. Declared until a worker takes it back and no other offers it.
struct DeclaredEvent {
  bool is_protected = false;
  bool own_protected = false;
  std::vector<EventOffer> offers;  // of live workers
};

// Two live workers say different things of who may use a name.
struct AccessConflict {
  std::string name;  // the method's or event's
  std::string what;  // a sentence that names both workers
};

// What a namespace falls back to where it has nothing of its own.
inline constexpr std::string_view kEverySpace = "*";

class MethodTable {
 public:
  // `names_max`: methods, events, roles and guards together, over all namespaces.
  // `refuse_conflicts`: whoever says something else than those who offer a name already is refused.
  explicit MethodTable(size_t names_max, bool refuse_conflicts = false)
      : names_max_(names_max), refuse_conflicts_(refuse_conflicts) {}

  // Whom it contradicts. RESOURCE_EXHAUSTED: names_max; ALREADY_EXISTS: it contradicts, and that is
  // refused. Nothing was taken then.
  absl::StatusOr<std::vector<AccessConflict>> Register(const Registration& registration);

  // `orphaned` is shown each endpoint that lost its last offer, before it is forgotten.
  using Orphaned = absl::FunctionRef<void(Endpoint&)>;
  void Deregister(const Deregistration& deregistration, Orphaned orphaned);
  // The same for everything of a worker whose stream ended; nothing is forgotten.
  void RemoveWorker(WorkerId worker, Orphaned orphaned);

  // What the namespace itself has under that name, else what "*" has; null: never registered.
  // Stable until it is deregistered.
  Endpoint* Find(std::string_view space, Role role, std::string_view method = {}) const;
  Endpoint* FindGuard(std::string_view space, GuardAction action) const;
  const DeclaredEvent* FindEvent(std::string_view space, std::string_view event) const;

  MethodsView View(std::string_view space) const;

  // Shows each name that can be called in the namespace, ascending, until `visit` says false.
  void ForEachMethod(std::string_view space,
                     absl::FunctionRef<bool(std::string_view name)> visit) const;

  // Another number after each change of what there is; never 0.
  uint64_t version() const { return version_; }

  // Namespaces of which anything is known.
  size_t spaces() const { return tables_.size(); }

 private:
  template <typename Entry>
  using ByName = std::map<std::string, std::unique_ptr<Entry>, std::less<>>;
  struct Table {
    ByName<Endpoint> methods;
    std::unique_ptr<Endpoint> login;
    std::unique_ptr<Endpoint> admission;
    std::unique_ptr<Endpoint> raw;
    std::array<std::unique_ptr<Endpoint>, kGuardActionCount> guards;
    ByName<DeclaredEvent> events;
  };
  using Tables = std::map<std::string, Table, std::less<>>;

  // Registering (methods_registering.cc).
  size_t CountNew(const Registration& registration) const;
  std::vector<AccessConflict> ConflictsOf(const Registration& registration) const;
  static size_t NamesIn(const Table& table);
  static bool Has(const Table& table, const Offer& offer);
  static std::unique_ptr<Endpoint>& SlotFor(Table& table, const Offer& offer);
  void Add(Table& table, const SharedOffer& offer);
  static void AddEvent(Table& table, const EventOffer& offer);
  template <typename Visit>
  static void ForEachEndpoint(Table& table, Visit visit);
  void ForgetRoles(Table& table, const Deregistration& deregistration, Orphaned orphaned);
  void ForgetMethods(Table& table, const Deregistration& deregistration, Orphaned orphaned);
  static void ForgetEvents(Table& table, const Deregistration& deregistration);
  void SettleAccess(std::string_view space);

  static Endpoint* RoleOf(const Table& table, Role role);

  size_t names_max_;
  bool refuse_conflicts_;
  size_t names_ = 0;
  uint64_t version_ = 1;
  size_t guards_ = 0;  // endpoints of guards, over all namespaces: mostly none
  mutable Tables tables_;
};

// How long a call may take that any of these offers may get; `otherwise` for those without a limit.
Duration LongestLimit(const Endpoint& endpoint, Duration otherwise);
inline Duration LimitOf(const Offer& offer, Duration otherwise) {
  return offer.time_limit == absl::ZeroDuration() ? otherwise : offer.time_limit;
}

}  // namespace sluice::hub
