// SPDX-License-Identifier: Apache-2.0
//
// What can be called in which namespace, and which workers offer it now. Every shard has the same
// table. A method whose last worker vanished stays known, so that its callers hear "unavailable"
// instead of "no such method", and nobody enters unasked while admission restarts; only what is
// deregistered by its name is forgotten. Single-threaded.
#pragma once

#include <array>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "gateway/hub/shard_types.h"
#include "gateway/hub/waiting_calls.h"
#include "gateway/hub/worker.h"

namespace sluice::hub {

// One method, or one role, of one namespace.
struct Endpoint {
  std::string method;  // empty for a role
  bool is_protected = false;
  std::vector<SharedOffer> offers;  // empty: nobody serves it now
  WaitingCalls waiting;             // for credit
  size_t place = 0;                 // while calls wait: of Calls
  size_t next = 0;                  // where the last choice among equals ended
};

class MethodTable {
 public:
  // `names_max`: methods, events, roles and guards together, over all namespaces.
  explicit MethodTable(size_t names_max) : names_max_(names_max) {}

  // RESOURCE_EXHAUSTED: names_max; nothing was taken.
  absl::Status Register(const Registration& registration);

  // `orphaned` is shown each endpoint that lost its last offer, before it is forgotten.
  using Orphaned = absl::FunctionRef<void(Endpoint&)>;
  void Deregister(const Deregistration& deregistration, Orphaned orphaned);
  // The same for everything of a worker whose stream ended; nothing is forgotten.
  void RemoveWorker(WorkerId worker, Orphaned orphaned);

  // What the namespace itself has under that name, else what "*" has; null: never registered.
  // Stable until it is deregistered.
  Endpoint* Find(std::string_view space, Role role, std::string_view method = {}) const;
  Endpoint* FindGuard(std::string_view space, GuardAction action) const;
  const EventOffer* FindEvent(std::string_view space, std::string_view event) const;

  MethodsView View(std::string_view space) const;

  // Shows each name that can be called in the namespace, ascending, until `visit` says false.
  void ForEachMethod(std::string_view space,
                     absl::FunctionRef<bool(std::string_view name)> visit) const;

  // Another number after each change of what there is; never 0.
  uint64_t version() const { return version_; }

  // Namespaces of which anything is known.
  size_t spaces() const { return tables_.size(); }

 private:
  struct Table {
    std::map<std::string, std::unique_ptr<Endpoint>, std::less<>> methods;
    std::unique_ptr<Endpoint> login;
    std::unique_ptr<Endpoint> admission;
    std::unique_ptr<Endpoint> raw;
    std::array<std::unique_ptr<Endpoint>, kGuardActionCount> guards;
    std::map<std::string, EventOffer, std::less<>> events;
  };
  using Tables = std::map<std::string, Table, std::less<>>;

  size_t CountNew(const Registration& registration) const;
  static size_t NamesIn(const Table& table);
  static bool Has(const Table& table, const Offer& offer);
  static std::unique_ptr<Endpoint>& SlotFor(Table& table, const Offer& offer);
  void Add(Table& table, const SharedOffer& offer);
  static bool RemoveOffers(Endpoint& endpoint, WorkerId worker);
  template <typename Visit>
  static void ForEachEndpoint(Table& table, Visit visit);
  static Endpoint* RoleOf(const Table& table, Role role);
  void ForgetRoles(Table& table, const Deregistration& deregistration, Orphaned orphaned);
  void ForgetMethods(Table& table, const Deregistration& deregistration, Orphaned orphaned);

  size_t names_max_;
  size_t names_ = 0;
  uint64_t version_ = 1;
  size_t guards_ = 0;  // endpoints of guards, over all namespaces: mostly none
  mutable Tables tables_;
};

}  // namespace sluice::hub
