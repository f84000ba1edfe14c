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
#include "gateway/hub/command.h"
#include "gateway/hub/policy.h"
#include "gateway/hub/slab.h"
#include "gateway/hub/timer_wheel.h"
#include "gateway/hub/tokens.h"
#include "gateway/hub/types.h"
#include "gateway/hub/waiting_calls.h"
#include "gateway/hub/worker.h"

namespace sluice::hub {

class Deadlines;
struct Endpoint;
struct Reservation;
struct ShardProbe;

// Something that is asked of a worker for a session.
struct PendingCall {
  PendingCall(CallKey key, SessionKey s, const NamespacePolicy::Calls& b, Invocation i, Duration l)
      : session(s), bounds(b), time_limit(l), invocation(std::move(i)) {
    invocation.call = key;
  }
  CallKey key() const { return invocation.call; }
  Role role() const { return invocation.role; }

  const SessionKey session;
  const NamespacePolicy::Calls& bounds;  // that hold for its session
  const Duration time_limit;
  Invocation invocation;
  Instant began;
  Instant deadline;
  TimerWheel::Id timer = 0;

  // Whoever began it notes here what it is about.
  Question question;      // of the client, if it asked one
  uint32_t identity = 0;  // who the client was then (Identity::version)
  uint32_t place = 0;     // in its session's list

  struct Waiting {
    Endpoint* endpoint = nullptr;  // null: it does not wait
    WaitingCalls::Place place;
    bool displaced = false;  // gave way to another; fails at once
  } waiting;
  struct Given {
    SharedOffer offer;    // null: no worker has it
    uint64_t number = 0;  // what the offer's link calls it
    Instant at;
    bool probe = false;  // of whether the worker is well again
  } given;
  std::unique_ptr<Token> token;  // once it is answered: for the client, ahead of the answer
};

// What Calls needs from the rest of the shard.
class CallOwner {
 public:
  virtual ~CallOwner() = default;
  // Who calls, as the offer wants to know it.
  virtual Context ContextOf(const PendingCall& call, const ContextSpec& spec) = 0;
  // Where a call waits that its worker has never been sent; null: nobody knows it any more.
  virtual Endpoint* EndpointOf(const PendingCall& call) = 0;
  // The call's outcome ejected or readmitted its worker.
  virtual void OnHealth(const PendingCall& call, const WorkerHealth::Change& change, Now now) = 0;
  // A place is free again in a worker's bound for a method; calls on any shard may wait for it.
  virtual void OnPlaceFreed() = 0;
  // The call is over; it has been taken off the books.
  virtual void OnResult(PendingCall& call, WorkerResult&& result, Now now) = 0;
};

class Calls {
 public:
  // What is given outlives this.
  Calls(uint32_t shard, CallOwner& owner, Deadlines& deadlines, ShardProbe& probe);
  ~Calls();

  // Begins a call; the endpoint has at least one offer. `bounds` outlive it. Null if too many wait
  // (kOverloaded). When the queue is full, connections that have many calls in it give way to those
  // that have few.
  PendingCall* Begin(SessionKey session, Endpoint& endpoint, const NamespacePolicy::Calls& bounds,
                     Invocation invocation, Duration time_limit, Now now);

  // `token` is for the client, ahead of the answer; or null.
  void Complete(CallKey key, WorkerResult&& result, Now now, std::unique_ptr<Token> token);
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
  bool MakeRoom(SessionKey session, Endpoint& endpoint, size_t most, Now now);
  void Schedule(PendingCall& call, Instant at);
  // Gives it to whoever has credit; false if there is nobody now.
  bool GiveToAny(PendingCall& call, Endpoint& endpoint, Now now);
  bool Start(PendingCall& call, Reservation reservation, Now now);
  void CountAnswer(PendingCall& call, Now now);
  void CountTimeout(PendingCall& call, Now now);
  void PutBack(LostWork::Unsent unsent, Now now);
  void Pump(Endpoint& endpoint, Now now);
  void Finish(PendingCall& call, WorkerResult&& result, Now now);
  // Takes a call off the books; the caller destroys it.
  void Detach(PendingCall& call);
  void Release(PendingCall& call);

  CallOwner& owner_;
  Deadlines& deadlines_;
  ShardProbe& probe_;
  Slab<PendingCall> calls_;
  std::vector<Endpoint*> crowded_;  // those with waiting calls; each knows its place
  size_t turn_ = 0;                 // which of them is served first
};

}  // namespace sluice::hub
