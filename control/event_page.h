// SPDX-License-Identifier: Apache-2.0
//
// What a node's log of events gives, in the words of WatchEvents.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "control/node.h"
#include "gateway/hub/event_log.h"
#include "sluice/v1/control.pb.h"

namespace sluice::control {

// Events in one message.
inline constexpr size_t kEventsMax = 256;

// INVALID_ARGUMENT: TYPE_INVALID, NAMESPACE_INVALID.
absl::StatusOr<hub::EventFilter> ToFilter(const v1::WatchEventsRequest& request);

struct EventPage {
  v1::WatchEventsResponse response;
  // Nodes that are gone, and of whose connections the log has told all that it will.
  std::vector<std::string> gone;

  bool says_something() const { return response.events_size() > 0 || response.lost() > 0; }
};

// What waits for the watcher, up to --control-response-bytes. Home thread.
EventPage TakePage(const Node& node, hub::EventLog::WatcherId watcher, bool left_together);

// Where the node's order stands at `sequence`: a message that says nothing else.
v1::WatchEventsResponse At(const Node& node, uint64_t sequence);

}  // namespace sluice::control
