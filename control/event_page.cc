// SPDX-License-Identifier: Apache-2.0
#include "control/event_page.h"

#include "control/status.h"
#include "control/values.h"
#include "control/views.h"
#include "text/utf8.h"

namespace sluice::control {

absl::StatusOr<hub::EventFilter> ToFilter(const v1::WatchEventsRequest& request) {
  hub::EventFilter filter;
  if (!request.namespace_().empty()) {
    auto status = CheckNamespace(request.namespace_(), "namespace");
    if (!status.ok()) return status;
    filter.space = request.namespace_();
  }
  for (int type : request.types()) {
    if (type == v1::ConnectionEvent::TYPE_UNSPECIFIED || !v1::ConnectionEvent::Type_IsValid(type)) {
      return Invalid("TYPE_INVALID", "types", "no such type of event");
    }
    filter.types |= uint32_t{1} << (type - 1);
  }
  return filter;
}

v1::WatchEventsResponse At(const Node& node, uint64_t sequence) {
  v1::WatchEventsResponse response;
  response.set_node(text::ToUtf8(node.name));
  response.mutable_position()->set_node(text::ToUtf8(node.name));
  response.mutable_position()->set_epoch(text::ToUtf8(node.epoch));
  response.mutable_position()->set_sequence(sequence);
  return response;
}

EventPage TakePage(const Node& node, hub::EventLog::WatcherId watcher, bool left_together) {
  const uint64_t newest = node.events.position();
  hub::EventLog::Batch batch = node.events.Take(watcher, kEventsMax, node.limits.response_bytes);
  EventPage page{.response = At(node, batch.position), .gone = {}};
  for (const auto& event : batch.events) {
    if (event->type == hub::ConnectionEvent::Type::kNodeGone) {
      page.gone.push_back(event->extras().node);
    } else {
      AddEvent(*event, left_together, page.response);
    }
  }
  page.response.set_lost(batch.lost);
  page.response.set_backlog(newest - batch.position);
  return page;
}

}  // namespace sluice::control
