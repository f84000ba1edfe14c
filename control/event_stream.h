// SPDX-License-Identifier: Apache-2.0
//
// Control.WatchEvents: this node's events in batches, at the pace at which the watcher reads.
#pragma once

#include <grpcpp/support/server_callback.h>

#include "absl/status/status.h"
#include "control/node.h"
#include "control/probe.h"
#include "gateway/hub/event_log.h"
#include "sluice/v1/control.pb.h"

namespace sluice::control {

// INVALID_ARGUMENT: TYPE_INVALID, NAMESPACE_INVALID.
absl::StatusOr<hub::EventFilter> ToFilter(const v1::WatchEventsRequest& request);

// `admitted` is what the gate said. `node` and `probe` outlive the stream.
grpc::ServerWriteReactor<v1::WatchEventsResponse>* StreamEvents(
    const v1::WatchEventsRequest& request, absl::Status admitted, const Node& node,
    ControlProbe& probe);

}  // namespace sluice::control
