// SPDX-License-Identifier: Apache-2.0
//
// What a worker of this node does for a client of another.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "gateway/hub/worker.h"
#include "sluice/v1/workers.pb.h"

namespace sluice::control {

struct Errand {
  std::string node;        // whose client it is
  std::string epoch;       // of that node
  uint64_t number = 0;     // what that node calls it
  hub::SharedOffer offer;  // under which it came; a place in that is taken
};

struct AnsweredErrand {
  Errand errand;
  v1::InvocationResult* result;  // is emptied
};

// What a worker whose stream ended had of them.
struct LostErrands {
  struct Unsent {
    Errand errand;
    v1::Invocation invocation;
  };
  std::vector<Errand> sent;  // they may have run
  std::vector<Unsent> unsent;
};

// A worker of this node, for clients of others. Any thread.
class LentWorker {
 public:
  enum class Answer : uint8_t { kTaken, kNoCredit, kTooLarge };

  virtual ~LentWorker() = default;

  virtual uint32_t credit() const = 0;  // how many invocations it takes at once
  // kTaken: the invocation is gone. Otherwise both are as they were.
  virtual Answer Take(Errand& errand, v1::Invocation& invocation) = 0;
  // Nobody waits any more: for that one; for any of that node.
  virtual void Forget(const std::string& node, uint64_t number) = 0;
  virtual void ForgetAll(const std::string& node) = 0;
};

}  // namespace sluice::control
