// SPDX-License-Identifier: Apache-2.0
//
// Control.Call on every node: clients of this node answer one by one, those of another all at once,
// when the last of them has.
#pragma once

#include <memory>

#include "absl/status/statusor.h"
#include "control/client_calls.h"
#include "control/cluster.h"
#include "sluice/v1/control.pb.h"

namespace sluice::control {

// Fails as ToCallPlan, ClientCalls::Admit and Cluster::Gather do. `cluster` outlives the call.
absl::StatusOr<std::shared_ptr<ClientCall>> CallClients(Cluster& cluster,
                                                        const v1::CallRequest& request,
                                                        CallListener listener);

}  // namespace sluice::control
