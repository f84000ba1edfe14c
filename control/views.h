// SPDX-License-Identifier: Apache-2.0
//
// What the hub shows of itself, as messages.
#pragma once

#include <string>
#include <string_view>

#include "gateway/hub/drains.h"
#include "gateway/hub/event_log.h"
#include "gateway/hub/selector.h"
#include "gateway/hub/shard.h"
#include "sluice/v1/control.pb.h"

namespace sluice::control {

v1::Outcome ToProto(hub::Outcome outcome);
v1::Connection ToProto(hub::ConnectionView view, const std::string& node);
v1::CallResponse::Answer ToProto(hub::ClientAnswer answer);
v1::ListMethodsResponse ToProto(hub::MethodsView view);

// Adds an event: what was left at once as one LEFT for each channel, or together as one.
void AddEvent(const hub::ConnectionEvent& event, bool left_together,
              v1::WatchEventsResponse& response);

// `request` is what started it: the hub keeps no selector, and not the pace of all nodes together.
v1::Drain ToProto(const hub::DrainView& view, absl::Time started_at,
                  const v1::StartDrainRequest& request);

}  // namespace sluice::control
