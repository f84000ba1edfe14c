// SPDX-License-Identifier: Apache-2.0
//
// An id that is in use: its holder may be a ghost, a connection whose client was cut off and has
// come back. So the holder is pinged, and the newcomers wait for what comes of it. Whoever may take
// an id over (the same user, by default) does not come here. Single-threaded; holder and newcomer
// may be on different shards and nodes.
#pragma once

#include <vector>

#include "absl/container/flat_hash_map.h"
#include "gateway/hub/close.h"
#include "gateway/hub/flow.h"
#include "gateway/hub/shard_types.h"
#include "gateway/hub/timer_wheel.h"
#include "gateway/hub/types.h"

namespace sluice::hub {

class Closer;
class Deadlines;
class EventBuffer;
class Neighbours;
class Sessions;
struct Session;
struct ShardProbe;

// Those on their way in who want an id.
class Newcomers {
 public:
  virtual ~Newcomers() = default;
  // Asks for its id again.
  virtual void Claim(Session& newcomer) = 0;
  // Refuses it.
  virtual void TurnAway(Session& newcomer, CloseCause cause, Now now) = 0;
};

class Conflicts {
 public:
  // What is given outlives this.
  Conflicts(Sessions& sessions, const Neighbours& neighbours, Newcomers& newcomers, Closer& closer,
            EventBuffer& events, Deadlines& deadlines, ShardProbe& probe);
  ~Conflicts();

  // The newcomer's side: its id is held, and it waits or is turned away; what was found out.
  void OnHeld(Session& newcomer, const storage::PresenceRecord& holder, Now now);
  void OnJudged(SessionKey newcomer, bool holder_lives, Now now);

  // The holder's side: somebody wants its id; it said nothing for long enough; it is known whether
  // it lives (without effect unless somebody wants to know).
  void Probe(const storage::PresenceRecord& holder, Judged judged, Now now);
  void OnDeadline(Session& holder, Now now);
  void End(Session& holder, bool lives);

 private:
  struct IdProbe {
    Flow before;
    TimerWheel::Id timer = 0;
    std::vector<Judged> asked;
  };

  Sessions& sessions_;
  const Neighbours& neighbours_;
  Newcomers& newcomers_;
  Closer& closer_;
  EventBuffer& events_;
  Deadlines& deadlines_;
  ShardProbe& probe_;
  absl::flat_hash_map<SessionKey, IdProbe> probes_;  // by the holder
};

}  // namespace sluice::hub
