// SPDX-License-Identifier: Apache-2.0
//
// Sessions leave: because the gateway closes them, or because the client is gone. Takes a session
// out of every other part, and tells of it. Single-threaded.
#pragma once

#include "gateway/hub/close.h"
#include "gateway/hub/closer.h"
#include "gateway/hub/types.h"

namespace sluice::hub {

class Answers;
class Conflicts;
class Deadlines;
class Delivery;
class EventBuffer;
class Evictions;
class Invoker;
class Members;
class Requests;
class Sessions;
struct Session;
struct ShardProbe;

// The parts that a session is taken out of.
struct Holders {
  Invoker& invoker;
  Answers& answers;
  Requests& requests;
  Evictions& evictions;
  Conflicts& conflicts;
  Members& members;
};

class Departures {
 public:
  // What is given outlives this.
  Departures(Sessions& sessions, const Holders& holders, Delivery& delivery, EventBuffer& events,
             Deadlines& deadlines, ShardProbe& probe)
      : sessions_(sessions),
        holders_(holders),
        delivery_(delivery),
        events_(events),
        deadlines_(deadlines),
        probe_(probe) {}

  // Closer::CloseAs.
  void Close(Session& session, CloseCause cause, CloseFrame frame, Going going, Now now);
  // The connection is gone; unknown keys are ignored.
  void OnClosed(SessionKey key, const CloseFrame& frame, Now now);

 private:
  // Takes a session out of everything; it stays known until its socket is gone.
  void Retire(Session& session, const CloseFrame& frame, Going going, Now now);
  void DropWhatWaits(Session& session);

  Sessions& sessions_;
  const Holders holders_;
  Delivery& delivery_;
  EventBuffer& events_;
  Deadlines& deadlines_;
  ShardProbe& probe_;
};

}  // namespace sluice::hub
