// SPDX-License-Identifier: Apache-2.0
//
// What this node's log of events tells of other nodes.
#pragma once

#include <cstddef>
#include <vector>

#include "gateway/hub/event_log.h"
#include "storage/broker.h"
#include "storage/presence.h"
#include "storage/time.h"

namespace sluice::control {

// CLOSED for each record, then that nothing of the node is left; a node that leaves says that of
// itself, behind its last events.
std::vector<hub::ConnectionEvent> EventsOf(const storage::Presence::Burial& burial, Now now);

// Tells of gaps. A line that is cut makes one in each namespace that is heard; so that these do not
// push everything else out of the log, those over a hundred in one second are told as one, of any
// namespace. Single-threaded.
class GapEvents {
 public:
  void Tell(const storage::Gap& gap, Now now, hub::EventLog& log);

 private:
  Instant since_ = Instant::Past();
  size_t told_ = 0;  // since then
};

}  // namespace sluice::control
