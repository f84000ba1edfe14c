// SPDX-License-Identifier: Apache-2.0
//
// Whether a session still lives: pings it by its dialect's rule, and closes it when it does not
// answer, or lets its lease run out. Single-threaded.
#pragma once

#include "storage/time.h"

namespace sluice::hub {

class Closer;
class Conflicts;
class Deadlines;
struct Session;

class Keepalive {
 public:
  // What is given outlives this.
  Keepalive(Conflicts& conflicts, Closer& closer, Deadlines& deadlines)
      : conflicts_(conflicts), closer_(closer), deadlines_(deadlines) {}

  // The session has opened.
  void Start(Session& session, Now now);
  // It said something, or answered a ping.
  void Heard(Session& session, Now now);
  void OnDeadline(Session& session, Now now);

 private:
  void Schedule(Session& session);

  Conflicts& conflicts_;
  Closer& closer_;
  Deadlines& deadlines_;
};

}  // namespace sluice::hub
