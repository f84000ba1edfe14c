// SPDX-License-Identifier: Apache-2.0
//
// Calls on their way to workers and back: waiting for credit, under way, answered, timed out,
// cancelled. Knows sessions only by key; what an answer means is its owner's business.
// Single-threaded.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/types/span.h"
#include "gateway/hub/choice.h"
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
  Key batch{};            // of which it is a part, or none
  uint32_t identity = 0;  // kGuard only: who the client was then (Session::identity)
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
  uint32_t place = 0;  // in its session's list; the session's owner's

  // While it waits for credit.
  Endpoint* endpoint = nullptr;
  WaitingCalls::Place waiting;
  bool displaced = false;  // gave way to another; fails at once

  // Once it is under way.
  SharedOffer offer;
  std::unique_ptr<Token> token;  // once it is answered: for the client, ahead of the answer
  uint64_t invocation = 0;       // what the offer's link calls it
  Instant given;
  bool probe = false;  // of whether the worker is well again
};

// What Calls needs from the rest of the shard.
class CallOwner {
 public:
  virtual ~CallOwner() = default;
  // Fills in who calls, as the offer wants to know it.
  virtual Context ContextOf(SessionKey session, const ContextSpec& spec) = 0;
  virtual Candidate CandidateOf(SessionKey session) = 0;
  // Where a call waits that its worker has never been sent; null: nobody knows it any more.
  virtual Endpoint* EndpointOf(const PendingCall& call, std::string_view method) = 0;
  // The call's outcome ejected or readmitted its worker.
  virtual void OnHealth(const PendingCall& call, const WorkerHealth::Change& change, Now now) = 0;
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

  // Begins a call; the endpoint has at least one offer. Null if too many wait (kOverloaded). When
  // the queue is full, connections that have many calls in it give way to those that have few.
  PendingCall* Begin(SessionKey session, Endpoint& endpoint, CallRequest request, Now now);

  // `token` is for the client, ahead of the answer; or null.
  void Complete(CallKey key, WorkerResult result, Now now, std::unique_ptr<Token> token);
  // The caller left: nobody waits any more.
  void Cancel(CallKey key);
  void OnDeadline(CallKey key, Now now);

  // Whoever asked is nobody any more: what still waits and is protected fails.
  void FailProtected(absl::Span<const CallKey> keys, Now now);
  // Everything that waits at an endpoint which nobody serves any more fails.
  void FailWaiting(Endpoint& endpoint, Now now);
  // A worker's stream ended: what it was sent fails, what it was never sent goes to others.
  void Lose(LostWork lost, Now now);
  // Gives waiting calls to whoever has credit.
  void Pump(Now now);

  PendingCall* Find(CallKey key) const { return calls_.Find(key); }
  size_t size() const { return calls_.size(); }

 private:
  void Hasten(PendingCall& call, const Offer& offer);
  void Wait(PendingCall& call, Endpoint& endpoint, WaitingCalls::Place place);
  void StopWaiting(PendingCall& call);
  bool MakeRoom(SessionKey session, Endpoint& endpoint, Now now);
  // Gives it to whoever has credit; false if there is nobody now.
  bool GiveToAny(PendingCall& call, Endpoint& endpoint, Now now);
  bool Start(PendingCall& call, Endpoint& endpoint, Reservation reservation, Now now);
  void CountAnswer(PendingCall& call, Now now);
  void CountTimeout(PendingCall& call, Now now);
  void PutBack(LostWork::Unsent unsent, Now now);
  void Pump(Endpoint& endpoint, Now now);
  void Finish(PendingCall& call, WorkerResult result, Now now);
  // Takes a call off the books; the caller destroys it.
  void Detach(PendingCall& call);
  void Release(PendingCall& call);

  const ShardOptions& options_;
  CallOwner& owner_;
  TimerWheel& timers_;
  uint64_t deadline_kind_;
  ShardProbe& probe_;
  Slab<PendingCall> calls_;
  std::vector<Endpoint*> crowded_;  // those with waiting calls; each knows its place
  size_t turn_ = 0;                 // which of them is served first
};

}  // namespace sluice::hub
