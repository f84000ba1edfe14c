// SPDX-License-Identifier: Apache-2.0
#include "control/node_events.h"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace sluice::control {
namespace {

using Event = hub::ConnectionEvent;

constexpr size_t kGapsMax = 100;  // a second
constexpr uint16_t kVanished = 1006;

Event Make(Event::Type type, const std::string& node, Now now, std::string_view reason = {}) {
  Event event;
  event.type = type;
  event.time = now.date;
  event.more =
      std::make_shared<const Event::More>(Event::More{.reason = std::string(reason), .node = node});
  return event;
}

}  // namespace

std::vector<Event> EventsOf(const storage::Presence::Burial& burial, Now now) {
  std::vector<Event> events;
  for (const storage::PresenceRecord& record : burial.records) {
    Event& closed =
        events.emplace_back(Make(Event::Type::kClosed, burial.node, now, "its node has died"));
    closed.space = record.key.space;
    closed.connection = record.key.id;
    closed.user = record.user;
    closed.code = kVanished;
  }
  if (burial.last) events.push_back(Make(Event::Type::kNodeGone, burial.node, now));
  return events;
}

void GapEvents::Tell(const storage::Gap& gap, Now now, hub::EventLog& log) {
  if (now.steady - since_ >= absl::Seconds(1)) {
    since_ = now.steady;
    told_ = 0;
  }
  if (told_ > kGapsMax) return;
  const bool last = ++told_ > kGapsMax;
  Event lost = Make(Event::Type::kMessagesLost, last ? "" : gap.node, now);
  if (!last) lost.space = gap.space;
  log.Append({std::move(lost)});
}

}  // namespace sluice::control
