// SPDX-License-Identifier: Apache-2.0
//
// What workers do with one shard: offer and take back, answer, get credit, vanish. Every shard is
// told the same. Single-threaded.
#pragma once

#include <memory>

#include "absl/status/status.h"
#include "gateway/hub/tokens.h"
#include "gateway/hub/types.h"
#include "gateway/hub/worker.h"

namespace sluice::hub {

class EventBuffer;
class Invoker;
class MethodTable;
class Rights;
struct AccessConflict;
struct ShardProbe;

class Workers {
 public:
  // What is given outlives this.
  Workers(uint32_t shard, MethodTable& methods, Invoker& invoker, Rights& rights,
          EventBuffer& events, ShardProbe& probe)
      : shard_(shard),
        methods_(methods),
        invoker_(invoker),
        rights_(rights),
        events_(events),
        probe_(probe) {}

  // RESOURCE_EXHAUSTED: methods_max; ALREADY_EXISTS: it contradicts another worker, and that is
  // refused. Nothing was taken then.
  absl::Status Register(const Registration& registration, Now now);
  void Deregister(const Deregistration& deregistration, Now now);
  // Takes back all that the worker offers, in every namespace; its calls under way go on.
  void Withdraw(WorkerId worker, Now now);
  // The stream ended: its offers go. Calls that it was sent fail, others are given to others.
  void Lose(WorkerId worker, LostWork lost, Now now);
  // It does not do that work: its stream had ended, or it is another node's and could not be asked.
  // What it offers stays.
  void GiveBack(LostWork work, Now now);
  // It answered; keys that are unknown by now are counted and dropped. With a `token`, the client
  // gets that right before the answer, and is authenticated with it.
  void Complete(CallKey call, WorkerResult&& result, Now now,
                std::unique_ptr<Token> token = nullptr);
  // Some worker has credit again after TryReserve had failed, or there is one more.
  void OnCredit(Now now);
  // Nobody says when an ejection is over: call it now and then.
  void LookForEjected(Now now);

 private:
  void TellConflict(const Registration& registration, AccessConflict conflict, Now now);

  const uint32_t shard_;
  MethodTable& methods_;
  Invoker& invoker_;
  Rights& rights_;
  EventBuffer& events_;
  ShardProbe& probe_;
  Instant next_look_ = Instant::Past();
};

}  // namespace sluice::hub
