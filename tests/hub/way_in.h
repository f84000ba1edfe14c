// SPDX-License-Identifier: Apache-2.0
//
// The parts that a session passes on its way in, wired as a shard wires them, over ports that note.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "gateway/hub/arrivals.h"
#include "gateway/hub/authentication.h"
#include "gateway/hub/channels.h"
#include "gateway/hub/event_log.h"
#include "gateway/hub/evictions.h"
#include "gateway/hub/keepalive.h"
#include "gateway/hub/lifetimes.h"
#include "gateway/hub/members.h"
#include "gateway/hub/session.h"
#include "gateway/hub/successions.h"
#include "tests/fakes/shard_parts.h"

namespace sluice::hub {

struct WayIn : Heirs {
  explicit WayIn(ShardOptions options = {}) : parts(std::move(options)) {}

  // A connection was upgraded.
  Session& Come(const std::string& id) {
    parts.sockets.push_back(std::make_unique<fakes::FakeSocket>(parts.dirty));
    const SessionKey key =
        arrivals.Open({"chat", id, &parts.dialect, {}}, *parts.sockets.back(), parts.now);
    return *parts.sessions.Find(key);
  }
  void PresenceAnswers() { parts.self.RunAll(parts.now); }
  static std::vector<std::string> Heard(const Session& session) {
    return fakes::ShardParts::SocketOf(session).Take();
  }
  std::vector<ConnectionEvent::Type> Told() {
    std::vector<ConnectionEvent::Type> types;
    for (const ConnectionEvent& event : parts.Events()) types.push_back(event.type);
    return types;
  }

  void Enter(Session& heir, Estate estate, Now now) override {
    arrivals.Enter(heir, std::move(estate), now);
  }

  fakes::ShardParts parts;
  Keepalive keepalive{parts.conflicts, parts.closer, parts.deadlines};
  Evictions evictions{parts.sessions, keepalive,       parts.closer,
                      parts.self,     parts.deadlines, parts.probe};
  Lifetimes lifetimes{evictions, parts.deadlines};
  Authentication authentication{parts.tokens,   parts.rights,    parts.records,
                                parts.delivery, parts.answers,   parts.progress,
                                parts.events,   parts.deadlines, parts.probe};
  Channels channels{parts.answers, parts.delivery, parts.events, parts.probe};
  Members members{parts.sessions, parts.spaces, parts.delivery,
                  parts.presence, parts.self,   parts.probe};
  Successions successions{
      parts.sessions, parts.neighbours, parts.records,  parts.conflicts, parts.newcomers, *this,
      parts.closer,   parts.events,     parts.presence, parts.self,      parts.probe};
  Arrivals arrivals{
      parts.sessions,
      {parts.guards, parts.invoker, successions, parts.delivery, parts.closer, authentication,
       parts.rights, channels, members, keepalive, lifetimes, parts.progress},
      parts.events,
      parts.deadlines,
      parts.probe,
      parts.encodings};
};

}  // namespace sluice::hub
