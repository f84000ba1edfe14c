// SPDX-License-Identifier: Apache-2.0
//
// Control.Subscribe: what is published in channels, in batches, at the pace at which the subscriber
// reads.
#pragma once

#include <grpcpp/support/server_callback.h>

#include "absl/status/status.h"
#include "control/probe.h"
#include "sluice/v1/control.pb.h"

namespace sluice::control {

class Cluster;

// `admitted` is what the gate said. `cluster` and `probe` outlive the stream.
grpc::ServerWriteReactor<v1::SubscribeResponse>* StreamPublications(
    const v1::SubscribeRequest& request, absl::Status admitted, Cluster& cluster,
    ControlProbe& probe);

}  // namespace sluice::control
