// SPDX-License-Identifier: Apache-2.0
//
// One shard's share of drains. A connection whose turn has come leaves in three steps, each of
// which may be empty: while it owes answers to backends it is read as before; then nothing is read
// any more, and what is under way for it is finished; then it is closed. The grace bounds all that.
// Single-threaded.
#pragma once

#include "absl/random/random.h"
#include "absl/types/span.h"
#include "gateway/hub/drain_order.h"
#include "gateway/hub/types.h"

namespace sluice::storage {
class Executor;
}

namespace sluice::hub {

class Closer;
class Deadlines;
class Keepalive;
class Sessions;
struct Session;
struct ShardProbe;

class Evictions {
 public:
  // What is given outlives this.
  Evictions(Sessions& sessions, Keepalive& keepalive, Closer& closer, storage::Executor& self,
            Deadlines& deadlines, ShardProbe& probe)
      : sessions_(sessions),
        keepalive_(keepalive),
        closer_(closer),
        self_(self),
        deadlines_(deadlines),
        probe_(probe) {}

  // Their turn has come: closed at once, or as soon as what is under way for them is finished, at
  // the latest after the order's grace.
  void Drain(absl::Span<const SessionKey> keys, const SharedDrainOrder& order, Now now);
  // The drain was cancelled: whoever has a grace of it stays, and is read again.
  void Spare(const SharedDrainOrder& order, Now now);

  // Something that was under way for the session is over. Closes it soon if it was the last.
  void OnFinished(const Session& session);
  void OnDeadline(SessionKey key, Now now);
  // The session closes, for whatever reason.
  void Forget(Session& session);

 private:
  void Begin(Session& session, const SharedDrainOrder& order, Now now);
  bool Stop(Session& session, const SharedDrainOrder& order, Now now);
  void ScheduleGrace(Session& session);
  void Part(Session& session, Now now);
  void Close(Session& session, const DrainOrder& order, Now now);

  Sessions& sessions_;
  Keepalive& keepalive_;
  Closer& closer_;
  storage::Executor& self_;
  Deadlines& deadlines_;
  ShardProbe& probe_;
  absl::InsecureBitGen random_;
};

}  // namespace sluice::hub
