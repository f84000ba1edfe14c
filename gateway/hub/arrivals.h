// SPDX-License-Identifier: Apache-2.0
//
// Connections come: takes the steps of a session on its way in (arrival.h), one after the other,
// until it is open. Each either goes on at once or waits for somebody's answer. Single-threaded.
#pragma once

#include <string>
#include <string_view>

#include "absl/random/random.h"
#include "gateway/hub/arrival.h"
#include "gateway/hub/close.h"
#include "gateway/hub/command.h"
#include "gateway/hub/fault.h"
#include "gateway/hub/shard_types.h"
#include "gateway/hub/tokens.h"
#include "gateway/hub/types.h"
#include "gateway/hub/worker.h"
#include "metrics/probe.h"

namespace sluice::hub {

class Authentication;
class Channels;
class Closer;
class Deadlines;
class Delivery;
class EventBuffer;
class Guards;
class Invoker;
class Keepalive;
class Lifetimes;
class Members;
class Progress;
class Rights;
class Sessions;
class Successions;
struct Decision;
struct Namespace;
struct Session;
struct ShardProbe;

class Arrivals {
 public:
  // What a session needs on its way in, and when it opens.
  struct Parts {
    Guards& guards;
    Invoker& invoker;
    Successions& successions;
    Delivery& delivery;
    Closer& closer;
    Authentication& authentication;
    Rights& rights;
    Channels& channels;
    Members& members;
    Keepalive& keepalive;
    Lifetimes& lifetimes;
    Progress& progress;
  };
  // What is given outlives this.
  Arrivals(Sessions& sessions, const Parts& parts, EventBuffer& events, Deadlines& deadlines,
           ShardProbe& probe, metrics::SharedCounter& encodings)
      : sessions_(sessions),
        parts_(parts),
        events_(events),
        deadlines_(deadlines),
        probe_(probe),
        encodings_(encodings) {}

  SessionKey Open(Arrival arrival, Socket& socket, Now now);

  // The client's own handshake; once it is open, it is only welcomed again.
  void OnGreeting(Session& session, Correlation correlation, Greet greet, Now now);
  // What was asked for a session that is not open yet.
  void OnVerdict(Session& session, GuardAction action, Decision decision,
                 std::string_view subprotocol, Now now);
  void OnAdmission(Session& session, WorkerResult result, Now now);

  // Asks for its id; again, if its holder was a ghost. Then one of these follows.
  void Claim(Session& session);
  void TurnAway(Session& session, CloseCause cause, Now now);
  // What other nodes say in the namespace is heard: those who waited for it go on.
  void OnHeard(Namespace& space);
  void Enter(Session& session, Estate estate, Now now);

 private:
  void GoOn(Session& session, Now now);
  bool TakeStep(Session& session, Arriving::Step step, Now now);
  bool AskGuard(Session& session, GuardAction action, const Payload& data, Now now);
  bool AwaitGreeting(Session& session, Now now);
  bool AskAdmission(Session& session, Now now);
  void ChooseSubprotocol(Session& session, std::string_view name, Now now);
  void OnBlocked(Session& session, GuardAction action, const CallError& error, Now now);
  void Refuse(Session& session, CloseCause cause, const CallError& error, CloseFrame frame,
              Now now);
  void Welcome(Session& session, const Correlation& correlation, const Payload& payload,
               const TokenFlaw* flaw, Now now);
  void SayFirst(Session& session, const Arriving& arrival, Now now);
  std::string NewId();

  Sessions& sessions_;
  const Parts parts_;
  EventBuffer& events_;
  Deadlines& deadlines_;
  ShardProbe& probe_;
  metrics::SharedCounter& encodings_;
  absl::BitGen random_;
};

}  // namespace sluice::hub
