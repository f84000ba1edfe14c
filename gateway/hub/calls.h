// SPDX-License-Identifier: Apache-2.0
//
// Calls on their way to workers and back: waiting for credit, under way, answered, timed out,
// cancelled. Knows sessions only by key; what an answer means is its owner's business.
// Single-threaded.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "gateway/hub/command.h"
#include "gateway/hub/methods.h"
#include "gateway/hub/probe.h"
#include "gateway/hub/shard_types.h"
#include "gateway/hub/slab.h"
#include "gateway/hub/timer_wheel.h"
#include "gateway/hub/tokens.h"
#include "gateway/hub/types.h"
#include "gateway/hub/worker.h"

namespace sluice::hub {

// What is asked of a worker for a client.
struct CallRequest {
  Role role = Role::kMethod;
  GuardAction action = GuardAction::kConnect;  // kGuard only
  std::string subject{};                       // kGuard only: the method or the channel
  Correlation correlation{};
  Key batch{};  // of which it is a part, or none
  Payload params{};
  Duration time_limit;
};

struct PendingCall {
  PendingCall(CallKey k, SessionKey s, CallRequest r) : key(k), session(s), request(std::move(r)) {}

  const CallKey key;
  const SessionKey session;
  CallRequest request;
  Instant began;
  Instant deadline;
  TimerWheel::Id timer = 0;
  Endpoint* endpoint = nullptr;  // while it waits for credit
  SharedOffer offer;             // once it is under way
  std::unique_ptr<Token> token;  // once it is answered: for the client, ahead of the answer
  uint64_t invocation = 0;       // once it is under way: what the offer's link calls it
};

// What Calls needs from the rest of the shard.
class CallOwner {
 public:
  virtual ~CallOwner() = default;
  // Fills in who calls, as the offer wants to know it.
  virtual Context ContextOf(SessionKey session, const ContextSpec& spec) = 0;
  virtual Candidate CandidateOf(SessionKey session) = 0;
  // A place is free again in a worker's bound for a method; calls on any shard may wait for it.
  virtual void OnPlaceFreed() = 0;
  // The call is over; it has been taken off the books.
  virtual void OnResult(PendingCall& call, WorkerResult result, Now now) = 0;
};

class Calls {
 public:
  // `deadline_kind` marks the deadlines of this object in `timers` (the token is kind | key).
  Calls(uint32_t shard, const ShardOptions& options, CallOwner& owner, TimerWheel& timers,
        uint64_t deadline_kind, ShardProbe& probe);

  // Begins a call; the endpoint has at least one offer. Null if too many wait (kOverloaded).
  PendingCall* Begin(SessionKey session, Endpoint& endpoint, CallRequest request, Now now);

  // `token` is for the client, ahead of the answer; or null.
  void Complete(CallKey key, WorkerResult result, Now now, std::unique_ptr<Token> token);
  // The caller left: nobody waits any more.
  void Cancel(CallKey key);
  void OnDeadline(CallKey key, Now now);

  // Everything that waits at an endpoint which nobody serves any more fails.
  void FailWaiting(Endpoint& endpoint, Now now);
  // Everything that this worker had under way fails.
  void FailWorker(WorkerId worker, Now now);
  // Gives waiting calls to whoever has credit.
  void Pump(Endpoint& endpoint, Now now);

  size_t size() const { return calls_.size(); }

 private:
  void Start(PendingCall& call, SharedOffer offer, Now now);
  void Finish(PendingCall& call, WorkerResult result, Now now);
  // Takes a call off the books; the caller destroys it.
  void Detach(PendingCall& call);
  void Release(const Offer& offer);

  const ShardOptions& options_;
  CallOwner& owner_;
  TimerWheel& timers_;
  uint64_t deadline_kind_;
  ShardProbe& probe_;
  Slab<PendingCall> calls_;
};

}  // namespace sluice::hub
