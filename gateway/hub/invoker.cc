// SPDX-License-Identifier: Apache-2.0
#include "gateway/hub/invoker.h"

#include <memory>
#include <string>
#include <utility>

#include "gateway/hub/event_buffer.h"
#include "gateway/hub/methods.h"
#include "gateway/hub/namespace.h"
#include "gateway/hub/neighbours.h"
#include "gateway/hub/probe.h"
#include "gateway/hub/sessions.h"

namespace sluice::hub {

namespace {

std::unique_ptr<Candidate> CandidateOf(const Session& session) {
  return std::make_unique<Candidate>(
      Candidate{session.space->name, session.who.id, std::string(session.dialect->traits().name),
                session.origin.upgrade.remote_address, session.origin.connected_at});
}

}  // namespace

Invoker::Invoker(uint32_t shard, Sessions& sessions, const Neighbours& neighbours,
                 EventBuffer& events, Deadlines& deadlines, ShardProbe& probe, ResultTaker& taker)
    : sessions_(sessions),
      neighbours_(neighbours),
      events_(events),
      probe_(probe),
      taker_(taker),
      calls_(shard, *this, deadlines, probe) {}

PendingCall* Invoker::Begin(Session& session, Endpoint& endpoint, Invocation invocation,
                            Duration time_limit, Now now) {
  PendingCall* call = calls_.Begin(session.key, endpoint, session.space->policy.calls,
                                   std::move(invocation), time_limit, now);
  if (!call) return nullptr;
  auto& calls = session.under_way.calls;
  call->place = static_cast<uint32_t>(calls.size());
  calls.push_back(call->key());
  return call;
}

// The last one moves into the gap.
void Invoker::TakeOffBooks(Session& session, const PendingCall& call) {
  auto& calls = session.under_way.calls;
  CallKey last = calls.back();
  calls[call.place] = last;
  calls_.Find(last)->place = call.place;
  calls.pop_back();
}

void Invoker::CancelAll(Session& session) {
  for (CallKey call : session.under_way.calls) calls_.Cancel(call);
  session.under_way.calls.clear();
}

void Invoker::OnResult(PendingCall& call, WorkerResult&& result, Now now) {
  Session* session = sessions_.Find(call.session);
  if (!session) return;
  TakeOffBooks(*session, call);
  taker_.OnResult(*session, call, std::move(result), now);
}

Context Invoker::ContextOf(const PendingCall& call, const ContextSpec& spec) {
  Context context;
  const Session* session = sessions_.Find(call.session);
  if (!session) return context;
  const Identity& who = session->who;
  const Upgrade& upgrade = session->origin.upgrade;
  if (spec.connection) context.connection = who.id;
  if (spec.user) context.user = who.user;
  if (spec.labels) context.labels = who.labels;
  if (spec.space) context.space = session->space->name;
  if (spec.remote_address) context.remote_address = upgrade.remote_address;
  if (spec.target) context.target = upgrade.target;
  if (spec.subprotocols && upgrade.subprotocols) {
    context.offered = upgrade.subprotocols->offered;
    context.subprotocol = upgrade.subprotocols->agreed;
  }
  if (spec.claims && who.token) context.claims_json = who.token->claims_json;
  for (const std::string& name : spec.headers) {
    for (const auto& header : upgrade.headers) {
      if (header.first == name) context.headers.push_back(header);
    }
  }
  context.traceparent = std::string(TraceparentOf(upgrade));
  if (call.role() == Role::kAdmission) context.candidate = CandidateOf(*session);
  return context;
}

Endpoint* Invoker::EndpointOf(const PendingCall& call) {
  const Session* session = sessions_.Find(call.session);
  if (!session) return nullptr;
  const Offers& offers = session->space->offers;
  if (call.role() == Role::kGuard) return offers.FindGuard(call.invocation.action);
  return offers.Find(call.role(), call.invocation.method);
}

void Invoker::OnHealth(const PendingCall& call, const WorkerHealth::Change& change, Now now) {
  const bool ejected = change.kind == WorkerHealth::Change::kEjected;
  (ejected ? probe_.worker_ejections : probe_.worker_readmissions).Add();
  ConnectionEvent event;
  event.type =
      ejected ? ConnectionEvent::Type::kWorkerEjected : ConnectionEvent::Type::kWorkerReadmitted;
  event.time = now.date;
  if (const Session* session = sessions_.Find(call.session)) event.space = session->space->name;
  std::string reason =
      ejected ? "it lets calls time out; no others for " + absl::FormatDuration(change.lasts)
              : "it answered in time";
  event.more = std::make_shared<const ConnectionEvent::More>(
      ConnectionEvent::More{.reason = std::move(reason), .worker = call.given.offer->worker_name});
  events_.Add(std::move(event));
}

void Invoker::OnPlaceFreed() { neighbours_.StartWaitingCalls(); }

}  // namespace sluice::hub
