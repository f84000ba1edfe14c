// SPDX-License-Identifier: Apache-2.0
//
// How long a connection may last (--connection-lifetime): what comes back finds another node, so
// that nodes which joined late fill up. Each is given a random part of the jitter less, or what
// came together would leave together. Its end is the turn of a drain of its own: what is under way
// is finished first. Single-threaded.
#pragma once

#include "absl/random/random.h"
#include "gateway/hub/drain_order.h"
#include "storage/time.h"

namespace sluice::hub {

class Deadlines;
class Evictions;
struct Session;

class Lifetimes {
 public:
  // What is given outlives this.
  Lifetimes(Evictions& evictions, Deadlines& deadlines)
      : evictions_(evictions), deadlines_(deadlines) {}

  // The session has opened.
  void Start(Session& session, Now now);
  void OnDeadline(Session& session, Now now);

 private:
  Evictions& evictions_;
  Deadlines& deadlines_;
  absl::InsecureBitGen random_;
};

}  // namespace sluice::hub
