// SPDX-License-Identifier: Apache-2.0
#include "gateway/hub/calls.h"

#include <optional>
#include <utility>
#include <variant>
#include <vector>

#include "gateway/hub/choice.h"
#include "gateway/hub/deadlines.h"
#include "gateway/hub/methods.h"
#include "gateway/hub/probe.h"

namespace sluice::hub {

Calls::Calls(uint32_t shard, CallOwner& owner, Deadlines& deadlines, ShardProbe& probe)
    : owner_(owner), deadlines_(deadlines), probe_(probe), calls_(shard) {}

Calls::~Calls() = default;

// --- Waiting and starting ------------------------------------------------------------------------

PendingCall* Calls::Begin(SessionKey session, Endpoint& endpoint,
                          const NamespacePolicy::Calls& bounds, Invocation invocation,
                          Duration time_limit, Now now) {
  // First come, first served: nobody overtakes what waits already.
  Reservation reservation;
  if (endpoint.waiting.empty()) reservation = ReserveOffer(endpoint, now);
  if (!reservation.offer && !MakeRoom(session, endpoint, bounds.method_queue, now)) {
    return nullptr;
  }
  PendingCall& call = calls_.Emplace(session, bounds, std::move(invocation), time_limit);
  call.began = now;
  call.deadline = now + time_limit;
  Schedule(call, call.deadline);
  probe_.calls.Add();
  if (reservation.offer && Start(call, std::move(reservation), now)) return &call;
  if (!GiveToAny(call, endpoint, now)) {
    probe_.calls_queued.Add();
    Wait(call, endpoint, endpoint.waiting.Add(session, call.key()));
  }
  return &call;
}

void Calls::Schedule(PendingCall& call, Instant at) {
  deadlines_.Cancel(call.timer);
  call.timer = deadlines_.Schedule(Deadlines::Kind::kCall, call.key(), at);
}

// Whoever gets a method's call has as long as it said itself.
void Calls::Hasten(PendingCall& call, const Offer& offer) {
  Instant deadline = call.began + LimitOf(offer, call.bounds.timeout);
  if (call.role() != Role::kMethod || deadline >= call.deadline) return;
  call.deadline = deadline;
  Schedule(call, deadline);
}

void Calls::Wait(PendingCall& call, Endpoint& endpoint, WaitingCalls::Place place) {
  call.waiting.endpoint = &endpoint;
  call.waiting.place = place;
  probe_.calls_waiting.Add(1);
  if (endpoint.waiting.size() > 1) return;
  endpoint.place = crowded_.size();
  crowded_.push_back(&endpoint);
}

// Its place in the line is given up already.
void Calls::StopWaiting(PendingCall& call) {
  Endpoint& endpoint = *std::exchange(call.waiting.endpoint, nullptr);
  probe_.calls_waiting.Add(-1);
  if (!endpoint.waiting.empty()) return;
  crowded_.back()->place = endpoint.place;
  crowded_[endpoint.place] = crowded_.back();
  crowded_.pop_back();
}

// Whoever gives way is told at the next tick: its failure may lead to another call, and this one is
// not on the books yet.
bool Calls::MakeRoom(SessionKey session, Endpoint& endpoint, size_t most, Now now) {
  if (endpoint.waiting.size() < most) return true;
  std::optional<CallKey> yields = endpoint.waiting.WhoYieldsTo(session);
  if (!yields) return false;
  PendingCall& call = *calls_.Find(*yields);
  endpoint.waiting.Remove(call.session, call.waiting.place);
  StopWaiting(call);
  call.waiting.displaced = true;
  Schedule(call, now);
  return true;
}

bool Calls::GiveToAny(PendingCall& call, Endpoint& endpoint, Now now) {
  if (!endpoint.waiting.empty()) return false;
  for (;;) {
    Reservation reservation = ReserveOffer(endpoint, now);
    if (!reservation.offer) return false;
    if (Start(call, std::move(reservation), now)) return true;
  }
}

// False if the worker's stream has just ended: it gives no more credit from then on.
bool Calls::Start(PendingCall& call, Reservation reservation, Now now) {
  const Offer& offer = *reservation.offer;
  Hasten(call, offer);
  Context context = owner_.ContextOf(call, *offer.context);
  context.msgpack = offer.context->msgpack;
  context.time_left = call.deadline - now.steady;
  context.deadline = now.date + context.time_left;
  const uint64_t number = offer.link->Invoke(call.invocation, std::move(context));
  if (number == 0) {
    if (reservation.probe) offer.link->health().ReturnProbe();
    if (ReleaseOffer(offer)) owner_.OnPlaceFreed();
    return false;
  }
  call.given = {std::move(reservation.offer), number, now, reservation.probe};
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
    if (!Start(call, std::move(reservation), now)) continue;
    endpoint.waiting.TakeNext();
    StopWaiting(call);
  }
}

// --- Outcomes ------------------------------------------------------------------------------------

void Calls::Complete(CallKey key, WorkerResult&& result, Now now, std::unique_ptr<Token> token) {
  PendingCall* call = calls_.Find(key);
  if (!call || !call->given.offer) {
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
  auto change =
      call.given.offer->link->health().Answered(std::exchange(call.given.probe, false), now);
  if (change.kind != WorkerHealth::Change::kNone) owner_.OnHealth(call, change, now);
}

void Calls::OnDeadline(CallKey key, Now now) {
  PendingCall* call = calls_.Find(key);
  if (!call) return;
  call->timer = 0;
  if (call->waiting.displaced) return Finish(*call, MakeError(Fault::kOverloaded), now);
  if (call->given.offer) {
    call->given.offer->link->Cancel(call->given.number);
    CountTimeout(*call, now);
  }
  Finish(*call, MakeError(Fault::kTimeout), now);
}

// Not if the call had waited for most of its time: the worker had no chance.
void Calls::CountTimeout(PendingCall& call, Now now) {
  if ((now - call.given.at) * 2 < call.time_limit) return;
  auto change =
      call.given.offer->link->health().TimedOut(std::exchange(call.given.probe, false), now);
  if (change.kind != WorkerHealth::Change::kNone) owner_.OnHealth(call, change, now);
}

void Calls::Cancel(CallKey key) {
  PendingCall* call = calls_.Find(key);
  if (!call) return;
  if (call->given.offer) call->given.offer->link->Cancel(call->given.number);
  Detach(*call);
  calls_.Erase(key);
}

void Calls::Finish(PendingCall& call, WorkerResult&& result, Now now) {
  CallKey key = call.key();
  Detach(call);
  probe_.call_seconds.Observe(absl::ToDoubleSeconds(now - call.began));
  owner_.OnResult(call, std::move(result), now);
  calls_.Erase(key);
}

void Calls::Detach(PendingCall& call) {
  deadlines_.Cancel(call.timer);
  if (call.waiting.endpoint) {
    call.waiting.endpoint->waiting.Remove(call.session, call.waiting.place);
    StopWaiting(call);
  }
  if (call.given.offer) Release(call);
}

void Calls::Release(PendingCall& call) {
  probe_.calls_in_flight.Add(-1);
  if (std::exchange(call.given.probe, false)) call.given.offer->link->health().ReturnProbe();
  SharedOffer offer = std::move(call.given.offer);
  if (ReleaseOffer(*offer)) owner_.OnPlaceFreed();
}

void Calls::FailProtected(absl::Span<const CallKey> keys, Now now) {
  std::vector<CallKey> asked(keys.begin(), keys.end());  // the caller's list shrinks meanwhile
  for (CallKey key : asked) {
    PendingCall* call = calls_.Find(key);
    if (!call || !call->waiting.endpoint || !call->waiting.endpoint->is_protected) continue;
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
  if (!call || !call->given.offer) return;
  Release(*call);
  call->invocation.method = std::move(unsent.method);
  call->invocation.params = std::move(unsent.params);
  Endpoint* endpoint = owner_.EndpointOf(*call);
  if (!endpoint || endpoint->offers.empty()) {
    return Finish(*call, MakeError(Fault::kUnavailable), now);
  }
  probe_.calls_given_again.Add();
  Wait(*call, *endpoint, endpoint->waiting.PutBack(call->session, call->key()));
}

}  // namespace sluice::hub
