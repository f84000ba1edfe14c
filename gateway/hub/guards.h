// SPDX-License-Identifier: Apache-2.0
//
// Guards: workers that decide whether something may happen. Asks them, and says what their answers
// mean; what waits for a decision is the business of who asked. Single-threaded.
#pragma once

#include <cstdint>
#include <string>

#include "gateway/hub/fault.h"
#include "gateway/hub/types.h"
#include "gateway/hub/worker.h"

namespace sluice::hub {

class Invoker;
struct Session;
struct ShardProbe;

// Where a guard's decision stands.
struct Decision {
  enum State : uint8_t { kAllowed, kAsked, kBlocked };
  State state = kAllowed;
  CallError error{};      // kBlocked
  Payload replacement{};  // kAllowed: instead of what was asked about, if it is any

  bool allowed() const { return state == kAllowed; }
  bool asked() const { return state == kAsked; }
  bool blocked() const { return state == kBlocked; }
};

class Guards {
 public:
  // What is given outlives this.
  Guards(Invoker& invoker, ShardProbe& probe) : invoker_(invoker), probe_(probe) {}

  // `subject`: the method or the channel. With kAsked the verdict comes to the shard's router.
  Decision Ask(Session& session, GuardAction action, std::string subject, const Payload& data,
               Now now);
  // What an answer means in the session's namespace.
  Decision Judge(const Session& session, WorkerResult result);

 private:
  Decision Undecided(const Session& session, Fault fault);

  Invoker& invoker_;
  ShardProbe& probe_;
};

}  // namespace sluice::hub
