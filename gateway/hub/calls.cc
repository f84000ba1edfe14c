// SPDX-License-Identifier: Apache-2.0
#include "gateway/hub/calls.h"

#include <optional>
#include <utility>
#include <variant>
#include <vector>

namespace sluice::hub {

Calls::Calls(uint32_t shard, const ShardOptions& options, CallOwner& owner, TimerWheel& timers,
             uint64_t deadline_kind, ShardProbe& probe)
    : options_(options),
      owner_(owner),
      timers_(timers),
      deadline_kind_(deadline_kind),
      probe_(probe),
      calls_(shard) {}

// --- Waiting and starting ------------------------------------------------------------------------

PendingCall* Calls::Begin(SessionKey session, Endpoint& endpoint, CallRequest request, Now now) {
  // First come, first served: nobody overtakes what waits already.
  Reservation reservation;
  if (endpoint.waiting.empty()) reservation = ReserveOffer(endpoint, now);
  if (!reservation.offer && !MakeRoom(session, endpoint, now)) return nullptr;
  PendingCall& call = calls_.Emplace(session, std::move(request));
  call.began = now;
  call.deadline = now + call.request.time_limit;
  call.timer = timers_.Schedule(call.deadline, deadline_kind_ | (call.key.value << 8 >> 8));
  probe_.calls.Add();
  if (reservation.offer && Start(call, endpoint, std::move(reservation), now)) return &call;
  if (!GiveToAny(call, endpoint, now)) {
    probe_.calls_queued.Add();
    Wait(call, endpoint, endpoint.waiting.Add(session, call.key));
  }
  return &call;
}

// Whoever gets a method's call has as long as it said itself.
void Calls::Hasten(PendingCall& call, const Offer& offer) {
  Instant deadline = call.began + LimitOf(offer, options_.call_timeout);
  if (call.request.role != Role::kMethod || deadline >= call.deadline) return;
  timers_.Cancel(call.timer);
  call.deadline = deadline;
  call.timer = timers_.Schedule(deadline, deadline_kind_ | (call.key.value << 8 >> 8));
}

void Calls::Wait(PendingCall& call, Endpoint& endpoint, WaitingCalls::Place place) {
  call.endpoint = &endpoint;
  call.waiting = place;
  probe_.calls_waiting.Add(1);
  if (endpoint.waiting.size() > 1) return;
  endpoint.place = crowded_.size();
  crowded_.push_back(&endpoint);
}

// Its place in the line is given up already.
void Calls::StopWaiting(PendingCall& call) {
  Endpoint& endpoint = *std::exchange(call.endpoint, nullptr);
  probe_.calls_waiting.Add(-1);
  if (!endpoint.waiting.empty()) return;
  crowded_.back()->place = endpoint.place;
  crowded_[endpoint.place] = crowded_.back();
  crowded_.pop_back();
}

// Whoever gives way is told at the next tick: its failure may lead to another call, and this one is
// not on the books yet.
bool Calls::MakeRoom(SessionKey session, Endpoint& endpoint, Now now) {
  if (endpoint.waiting.size() < options_.method_queue) return true;
  std::optional<CallKey> yields = endpoint.waiting.WhoYieldsTo(session);
  if (!yields) return false;
  PendingCall& call = *calls_.Find(*yields);
  endpoint.waiting.Remove(call.session, call.waiting);
  StopWaiting(call);
  call.displaced = true;
  timers_.Cancel(call.timer);
  call.timer = timers_.Schedule(now, deadline_kind_ | (call.key.value << 8 >> 8));
  return true;
}

bool Calls::GiveToAny(PendingCall& call, Endpoint& endpoint, Now now) {
  if (!endpoint.waiting.empty()) return false;
  for (;;) {
    Reservation reservation = ReserveOffer(endpoint, now);
    if (!reservation.offer) return false;
    if (Start(call, endpoint, std::move(reservation), now)) return true;
  }
}

// False if the worker's stream has just ended: it gives no more credit from then on.
bool Calls::Start(PendingCall& call, Endpoint& endpoint, Reservation reservation, Now now) {
  CallRequest& request = call.request;
  const Offer& offer = *reservation.offer;
  Hasten(call, offer);
  Invocation invocation;
  invocation.call = call.key;
  invocation.role = request.role;
  invocation.action = request.action;
  const bool guard = request.role == Role::kGuard;
  invocation.method = guard ? std::move(request.subject) : endpoint.method;
  invocation.params = std::move(request.params);
  invocation.notification = request.role == Role::kMethod && !request.correlation.answer;
  invocation.context = owner_.ContextOf(call.session, *offer.context);
  if (request.role == Role::kAdmission) invocation.candidate = owner_.CandidateOf(call.session);
  invocation.msgpack = offer.context->msgpack;
  invocation.deadline = now.date + (call.deadline - now.steady);
  call.invocation = offer.link->Invoke(invocation);
  if (call.invocation == 0) {
    if (guard) request.subject = std::move(invocation.method);
    request.params = std::move(invocation.params);
    if (reservation.probe) offer.link->health().ReturnProbe();
    if (ReleaseOffer(offer)) owner_.OnPlaceFreed();
    return false;
  }
  call.offer = std::move(reservation.offer);
  call.probe = reservation.probe;
  call.given = now;
  probe_.calls_in_flight.Add(1);
  return true;
}

void Calls::Pump(Now now) {
  if (crowded_.empty()) return;
  std::vector<Endpoint*> crowded = crowded_;
  ++turn_;
  for (size_t i = 0; i < crowded.size(); ++i) {
    probe_.queues_visited.Add();
    Pump(*crowded[(i + turn_) % crowded.size()], now);
  }
}

void Calls::Pump(Endpoint& endpoint, Now now) {
  while (!endpoint.waiting.empty()) {
    PendingCall& call = *calls_.Find(endpoint.waiting.Next());
    if (call.deadline <= now) return;  // about to time out; do not spend credit on it
    Reservation reservation = ReserveOffer(endpoint, now);
    if (!reservation.offer) return;
    if (!Start(call, endpoint, std::move(reservation), now)) continue;
    endpoint.waiting.TakeNext();
    StopWaiting(call);
  }
}

// --- Outcomes ------------------------------------------------------------------------------------

void Calls::Complete(CallKey key, WorkerResult result, Now now, std::unique_ptr<Token> token) {
  PendingCall* call = calls_.Find(key);
  if (!call || !call->offer) {
    probe_.results_dropped.Add();
    return;
  }
  // What the gateway answers in the worker's place says nothing of the worker.
  const auto* error = std::get_if<CallError>(&result);
  if (!error || error->fault == Fault::kApplication) CountAnswer(*call, now);
  call->token = std::move(token);
  Finish(*call, std::move(result), now);
}

void Calls::CountAnswer(PendingCall& call, Now now) {
  auto change = call.offer->link->health().Answered(std::exchange(call.probe, false), now);
  if (change.kind != WorkerHealth::Change::kNone) owner_.OnHealth(call, change, now);
}

void Calls::OnDeadline(CallKey key, Now now) {
  PendingCall* call = calls_.Find(key);
  if (!call) return;
  call->timer = 0;
  if (call->displaced) return Finish(*call, MakeError(Fault::kOverloaded), now);
  if (call->offer) {
    call->offer->link->Cancel(call->invocation);
    CountTimeout(*call, now);
  }
  Finish(*call, MakeError(Fault::kTimeout), now);
}

// Not if the call had waited for most of its time: the worker had no chance.
void Calls::CountTimeout(PendingCall& call, Now now) {
  if ((now - call.given) * 2 < call.request.time_limit) return;
  auto change = call.offer->link->health().TimedOut(std::exchange(call.probe, false), now);
  if (change.kind != WorkerHealth::Change::kNone) owner_.OnHealth(call, change, now);
}

void Calls::Cancel(CallKey key) {
  PendingCall* call = calls_.Find(key);
  if (!call) return;
  if (call->offer) call->offer->link->Cancel(call->invocation);
  Detach(*call);
  calls_.Erase(key);
}

void Calls::Finish(PendingCall& call, WorkerResult result, Now now) {
  CallKey key = call.key;
  Detach(call);
  probe_.call_seconds.Observe(absl::ToDoubleSeconds(now - call.began));
  owner_.OnResult(call, std::move(result), now);
  calls_.Erase(key);
}

void Calls::Detach(PendingCall& call) {
  timers_.Cancel(call.timer);
  if (call.endpoint) {
    call.endpoint->waiting.Remove(call.session, call.waiting);
    StopWaiting(call);
  }
  if (call.offer) Release(call);
}

void Calls::Release(PendingCall& call) {
  probe_.calls_in_flight.Add(-1);
  if (std::exchange(call.probe, false)) call.offer->link->health().ReturnProbe();
  SharedOffer offer = std::move(call.offer);
  if (ReleaseOffer(*offer)) owner_.OnPlaceFreed();
}

void Calls::FailProtected(absl::Span<const CallKey> keys, Now now) {
  std::vector<CallKey> asked(keys.begin(), keys.end());  // the caller's list shrinks meanwhile
  for (CallKey key : asked) {
    PendingCall* call = calls_.Find(key);
    if (!call || !call->endpoint || !call->endpoint->is_protected) continue;
    Finish(*call, MakeError(Fault::kMethodForbidden), now);
  }
}

// --- Workers that leave --------------------------------------------------------------------------

void Calls::FailWaiting(Endpoint& endpoint, Now now) {
  for (CallKey key : endpoint.waiting.All()) {
    if (PendingCall* call = calls_.Find(key)) Finish(*call, MakeError(Fault::kUnavailable), now);
  }
}

// From the last, since each is put before all others.
void Calls::Lose(LostWork lost, Now now) {
  while (!lost.unsent.empty()) {
    PutBack(std::move(lost.unsent.back()), now);
    lost.unsent.pop_back();
  }
  for (CallKey key : lost.sent) {
    if (PendingCall* call = calls_.Find(key)) Finish(*call, MakeError(Fault::kWorkerLost), now);
  }
  Pump(now);
}

void Calls::PutBack(LostWork::Unsent unsent, Now now) {
  PendingCall* call = calls_.Find(unsent.call);
  if (!call || !call->offer) return;
  Release(*call);
  Endpoint* endpoint = owner_.EndpointOf(*call, unsent.method);
  if (!endpoint || endpoint->offers.empty()) {
    return Finish(*call, MakeError(Fault::kUnavailable), now);
  }
  if (call->request.role == Role::kGuard) call->request.subject = std::move(unsent.method);
  call->request.params = std::move(unsent.params);
  probe_.calls_given_again.Add();
  Wait(*call, *endpoint, endpoint->waiting.PutBack(call->session, call->key));
}

}  // namespace sluice::hub
