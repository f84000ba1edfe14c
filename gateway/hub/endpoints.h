// SPDX-License-Identifier: Apache-2.0
//
// What can be called in one namespace, and which events it has, by name. Single-threaded.
#pragma once

#include <array>
#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <type_traits>
#include <vector>

#include "absl/functional/function_ref.h"
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

struct EndpointTable {
  template <typename Entry>
  using ByName = std::map<std::string, std::unique_ptr<Entry>, std::less<>>;

  ByName<Endpoint> methods;
  std::unique_ptr<Endpoint> login;
  std::unique_ptr<Endpoint> admission;
  std::unique_ptr<Endpoint> raw;
  std::array<std::unique_ptr<Endpoint>, kGuardActionCount> guards;
  ByName<DeclaredEvent> events;

  // Methods, events, roles and guards together.
  size_t names() const;
  bool Has(const Offer& offer) const;
  // Where an offer stands, or will stand.
  std::unique_ptr<Endpoint>& SlotFor(const Offer& offer);
  // Login, admission or raw; null: nobody ever had it.
  Endpoint* RoleOf(Role role) const;
  // Of roles and guards.
  void ForEachRole(absl::FunctionRef<void(Endpoint&)> visit) const;
  // The methods, or the events.
  template <typename Entry>
  const ByName<Entry>& EntriesOf() const {
    if constexpr (std::is_same_v<Entry, Endpoint>) {
      return methods;
    } else {
      return events;
    }
  }
};

}  // namespace sluice::hub
