// SPDX-License-Identifier: Apache-2.0
#include "gateway/hub/guards.h"

#include <utility>
#include <variant>

#include "gateway/hub/invoker.h"
#include "gateway/hub/namespace.h"
#include "gateway/hub/probe.h"
#include "gateway/hub/session.h"

namespace sluice::hub {

Decision Guards::Ask(Session& session, GuardAction action, std::string subject, const Payload& data,
                     Now now) {
  Endpoint* guard = session.space->offers.FindGuard(action);
  if (!guard) return {};
  PendingCall* call = nullptr;
  if (!guard->offers.empty()) {
    call = invoker_.Begin(
        session, *guard,
        {.role = Role::kGuard, .action = action, .method = std::move(subject), .params = data},
        session.space->policy.guards.timeout, now);
  }
  if (!call) return Undecided(session, Fault::kUnavailable);
  call->identity = session.who.version;
  return {Decision::kAsked};
}

// Nobody decided: the namespace's owner has said what holds then.
Decision Guards::Undecided(const Session& session, Fault fault) {
  probe_.guards_undecided.Add();
  if (session.space->policy.guards.open) return {};
  return {Decision::kBlocked, MakeError(fault)};
}

Decision Guards::Judge(const Session& session, WorkerResult result) {
  if (auto* verdict = std::get_if<Verdict>(&result)) {
    if (verdict->allow) return {Decision::kAllowed, {}, std::move(verdict->replacement)};
    probe_.guards_blocked.Add();
    if (verdict->silent) return {Decision::kBlocked, MakeError(Fault::kBlocked)};
    return {Decision::kBlocked, std::move(verdict->error)};
  }
  auto* error = std::get_if<CallError>(&result);
  // Nor may anybody pass a guard by saying too much for it.
  bool said = error && (error->fault == Fault::kApplication || error->fault == Fault::kTooLarge);
  if (said) return {Decision::kBlocked, std::move(*error)};
  return Undecided(session, error ? error->fault : Fault::kUnavailable);
}

}  // namespace sluice::hub
