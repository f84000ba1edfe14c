// SPDX-License-Identifier: Apache-2.0
//
// Asks workers something for a session, and finds the session again when the answer comes. Keeps
// each session's list of calls. Single-threaded.
#pragma once

#include <string_view>

#include "gateway/hub/calls.h"

namespace sluice::hub {

class EventBuffer;
class Neighbours;
class Sessions;
struct Session;
struct ShardProbe;

// What becomes of an answer.
class ResultTaker {
 public:
  virtual ~ResultTaker() = default;
  // The call is off the books of its session, which may close meanwhile.
  virtual void OnResult(Session& session, PendingCall& call, WorkerResult&& result, Now now) = 0;
};

class Invoker final : public CallOwner {
 public:
  // What is given outlives this.
  Invoker(uint32_t shard, Sessions& sessions, const Neighbours& neighbours, EventBuffer& events,
          Deadlines& deadlines, ShardProbe& probe, ResultTaker& taker);

  // Begins a call; the endpoint has at least one offer. Null if too many wait.
  PendingCall* Begin(Session& session, Endpoint& endpoint, Invocation invocation,
                     Duration time_limit, Now now);
  // The session leaves: nobody waits for what is under way for it.
  void CancelAll(Session& session);

  Calls& calls() { return calls_; }

 private:
  Context ContextOf(const PendingCall& call, const ContextSpec& spec) override;
  Endpoint* EndpointOf(const PendingCall& call) override;
  void OnHealth(const PendingCall& call, const WorkerHealth::Change& change, Now now) override;
  void OnPlaceFreed() override;
  void OnResult(PendingCall& call, WorkerResult&& result, Now now) override;
  void TakeOffBooks(Session& session, const PendingCall& call);

  Sessions& sessions_;
  const Neighbours& neighbours_;
  EventBuffer& events_;
  ShardProbe& probe_;
  ResultTaker& taker_;
  Calls calls_;
};

}  // namespace sluice::hub
