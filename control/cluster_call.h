// SPDX-License-Identifier: Apache-2.0
//
// Control.Call on every node: the answers of all clients as they come, wherever those are
// connected.
//
// The other nodes are asked to begin the call, and then each by itself for the answers of its
// clients until it has said that they were all (asked_calls.h). What is lost on the way is asked
// for again, as long as the clients may answer and --cluster-timeout beyond. A node that has not
// told its outcome by then, or is gone, is unreachable: what came of it stays, and is all that the
// outcome counts of it.
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
