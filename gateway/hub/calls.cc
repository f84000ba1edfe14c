// SPDX-License-Identifier: Apache-2.0
#include "gateway/hub/calls.h"

#include <algorithm>
#include <utility>

namespace sluice::hub {

Calls::Calls(uint32_t shard, const ShardOptions& options, CallOwner& owner, TimerWheel& timers,
             uint64_t deadline_kind, ShardProbe& probe)
    : options_(options),
      owner_(owner),
      timers_(timers),
      deadline_kind_(deadline_kind),
      probe_(probe),
      calls_(shard) {}

PendingCall* Calls::Begin(SessionKey session, Endpoint& endpoint, CallRequest request, Now now) {
  // First come, first served: nobody overtakes what waits already.
  SharedOffer offer = endpoint.waiting.empty() ? ReserveOffer(endpoint) : nullptr;
  if (!offer && endpoint.waiting.size() >= options_.method_queue) return nullptr;
  PendingCall& call = calls_.Emplace(session, std::move(request));
  call.began = now;
  call.deadline = now + call.request.time_limit;
  call.timer = timers_.Schedule(call.deadline, deadline_kind_ | (call.key.value << 8 >> 8));
  call.endpoint = &endpoint;
  probe_.calls.Add();
  if (offer) {
    Start(call, std::move(offer), now);
  } else {
    probe_.calls_queued.Add();
    probe_.calls_waiting.Add(1);
    endpoint.waiting.push_back(call.key);
  }
  return &call;
}

void Calls::Start(PendingCall& call, SharedOffer offer, Now now) {
  CallRequest& request = call.request;
  Invocation invocation;
  invocation.call = call.key;
  invocation.role = request.role;
  invocation.action = request.action;
  invocation.method =
      request.role == Role::kGuard ? std::move(request.subject) : call.endpoint->method;
  invocation.params = std::move(request.params);
  invocation.notification = request.role == Role::kMethod && !request.correlation.answer;
  invocation.context = owner_.ContextOf(call.session, *offer->context);
  if (request.role == Role::kAdmission) invocation.candidate = owner_.CandidateOf(call.session);
  invocation.msgpack = offer->context->msgpack;
  invocation.deadline = now.date + (call.deadline - now.steady);
  call.endpoint = nullptr;
  call.offer = std::move(offer);
  probe_.calls_in_flight.Add(1);
  call.invocation = call.offer->link->Invoke(std::move(invocation));
}

void Calls::Complete(CallKey key, WorkerResult result, Now now, std::unique_ptr<Token> token) {
  PendingCall* call = calls_.Find(key);
  if (!call || !call->offer) {
    probe_.results_dropped.Add();
    return;
  }
  call->token = std::move(token);
  Finish(*call, std::move(result), now);
}

void Calls::OnDeadline(CallKey key, Now now) {
  PendingCall* call = calls_.Find(key);
  if (!call) return;
  call->timer = 0;
  if (call->offer) call->offer->link->Cancel(call->invocation);
  Finish(*call, MakeError(Fault::kTimeout), now);
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
    auto& waiting = call.endpoint->waiting;
    waiting.erase(std::find(waiting.begin(), waiting.end(), call.key));
    call.endpoint = nullptr;
    probe_.calls_waiting.Add(-1);
  }
  if (call.offer) {
    probe_.calls_in_flight.Add(-1);
    Release(*call.offer);
  }
}

// The worker's credit is its link's business; the offer's own bound is ours.
void Calls::Release(const Offer& offer) {
  uint32_t before = offer.in_flight.fetch_sub(1, std::memory_order_relaxed);
  if (offer.in_flight_max > 0 && before >= offer.in_flight_max) owner_.OnPlaceFreed();
}

void Calls::FailWaiting(Endpoint& endpoint, Now now) {
  std::deque<CallKey> waiting = endpoint.waiting;
  for (CallKey key : waiting) {
    if (PendingCall* call = calls_.Find(key)) Finish(*call, MakeError(Fault::kUnavailable), now);
  }
}

void Calls::FailWorker(WorkerId worker, Now now) {
  std::vector<CallKey> lost;
  calls_.ForEach([&](PendingCall& call) {
    if (call.offer && call.offer->worker == worker) lost.push_back(call.key);
  });
  for (CallKey key : lost) {
    if (PendingCall* call = calls_.Find(key)) Finish(*call, MakeError(Fault::kWorkerLost), now);
  }
}

void Calls::Pump(Endpoint& endpoint, Now now) {
  while (!endpoint.waiting.empty()) {
    PendingCall* call = calls_.Find(endpoint.waiting.front());
    if (call->deadline <= now) return;  // about to time out; do not spend credit on it
    SharedOffer offer = ReserveOffer(endpoint);
    if (!offer) return;
    endpoint.waiting.pop_front();
    probe_.calls_waiting.Add(-1);
    Start(*call, std::move(offer), now);
  }
}

}  // namespace sluice::hub
