// SPDX-License-Identifier: Apache-2.0
#include "gateway/hub/event_buffer.h"

#include <algorithm>

#include "gateway/hub/namespace.h"
#include "gateway/hub/session.h"

namespace sluice::hub {

using More = ConnectionEvent::More;

namespace {

bool TellsOfArrival(ConnectionEvent::Type type) {
  using Type = ConnectionEvent::Type;
  return type == Type::kOpened || type == Type::kTakenOver || type == Type::kRefused ||
         type == Type::kAborted;
}

}  // namespace

EventBuffer::EventBuffer(const std::string& node, EventOutlet& outlet, storage::Presence& presence)
    : node_(node), outlet_(outlet), presence_(presence) {}

EventBuffer::~EventBuffer() = default;

ConnectionEvent& EventBuffer::Emit(ConnectionEvent::Type type, const Session& session, Now now,
                                   std::string_view channel, const CloseFrame& frame) {
  ConnectionEvent& event = events_.emplace_back();
  event.type = type;
  event.time = now.date;
  event.space = session.space->name;
  event.connection = session.who.id;
  event.user = session.who.user;
  event.channel = std::string(channel);
  event.code = frame.code;
  const std::string_view trace =
      TellsOfArrival(type) ? TraceparentOf(session.origin.upgrade) : std::string_view();
  if (!frame.reason.empty() || !trace.empty()) {
    event.more = std::make_shared<const More>(
        More{.reason = frame.reason, .traceparent = std::string(trace)});
  }
  return event;
}

// Of a close all channels are told at once, so that it costs no more than a few events.
void EventBuffer::EmitLeft(const Session& session, std::vector<std::string> channels,
                           std::string_view why, Now now) {
  for (size_t next = 0; next < channels.size();) {
    size_t end = std::min(channels.size(), next + ConnectionEvent::kLeftMax);
    More left{.reason = std::string(why)};
    for (; next < end; ++next) left.channels.push_back(std::move(channels[next]));
    Emit(ConnectionEvent::Type::kLeft, session, now).more =
        std::make_shared<const More>(std::move(left));
  }
}

void EventBuffer::Flush() {
  if (!events_.empty()) outlet_.Publish(std::exchange(events_, {}));
  for (const auto& [name, session] : std::exchange(releases_, {})) {
    presence_.Release(name, node_, session.value);
  }
}

std::vector<std::string> ChannelsOf(const Session& session) {
  std::vector<std::string> channels;
  for (const Membership& place : session.places.channels) channels.push_back(place.group->name);
  for (const Recheck& recheck : session.places.rechecks) {
    if (!recheck.inside && !recheck.channel.empty()) channels.push_back(recheck.channel);
  }
  return channels;
}

}  // namespace sluice::hub
