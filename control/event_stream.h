// SPDX-License-Identifier: Apache-2.0
//
// Control.WatchEvents: this node's events, and those of the others, in batches, at the pace at
// which the watcher reads.
#pragma once

#include <grpcpp/support/server_callback.h>

#include "absl/status/status.h"
#include "control/probe.h"
#include "sluice/v1/control.pb.h"

namespace sluice::control {

class Cluster;

// `admitted` is what the gate said. `cluster` and `probe` outlive the stream.
grpc::ServerWriteReactor<v1::WatchEventsResponse>* StreamEvents(
    const v1::WatchEventsRequest& request, absl::Status admitted, Cluster& cluster,
    ControlProbe& probe);

}  // namespace sluice::control
