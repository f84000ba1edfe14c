// SPDX-License-Identifier: Apache-2.0
//
// What has happened on a shard and is not handed over yet: events, and the ids that are given back
// once these are told of, so that whoever gets an id is told of later. Single-threaded.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gateway/hub/close.h"
#include "gateway/hub/event_log.h"
#include "gateway/hub/types.h"
#include "storage/presence.h"

namespace sluice::hub {

struct Session;

class EventBuffer {
 public:
  // What is given outlives this.
  EventBuffer(const std::string& node, EventOutlet& outlet, storage::Presence& presence);
  ~EventBuffer();

  void Add(ConnectionEvent event) { events_.push_back(std::move(event)); }
  // An event of a session, as it is now.
  ConnectionEvent& Emit(ConnectionEvent::Type type, const Session& session, Now now,
                        std::string_view channel = {}, const CloseFrame& frame = {});
  // It has left several channels at once, and may be in none of them any more.
  void EmitLeft(const Session& session, std::vector<std::string> channels, std::string_view why,
                Now now);

  // The id is given back with the next Flush.
  void Release(storage::PresenceKey name, SessionKey session) {
    releases_.emplace_back(std::move(name), session);
  }
  bool releases_any() const { return !releases_.empty(); }

  void Flush();

 private:
  const std::string& node_;
  EventOutlet& outlet_;
  storage::Presence& presence_;
  std::vector<ConnectionEvent> events_;
  std::vector<std::pair<storage::PresenceKey, SessionKey>> releases_;
};

// Where a session is a member, and where it is out only while a guard is asked.
std::vector<std::string> ChannelsOf(const Session& session);

}  // namespace sluice::hub
