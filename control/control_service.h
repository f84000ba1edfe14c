// SPDX-License-Identifier: Apache-2.0
//
// Service Control: each rpc is the gate, then the one path (cluster.h), by unary_rpcs.h or by a
// stream of its own.
#pragma once

#include <grpcpp/impl/codegen/service_type.h>

#include <memory>

#include "absl/time/time.h"
#include "control/gate.h"
#include "control/probe.h"

namespace sluice::control {

class Cluster;

// All of these outlive the service. `patience`: how long it waits for other nodes at most.
std::unique_ptr<grpc::Service> MakeControlService(Cluster& cluster, const Gate& gate,
                                                  absl::Duration patience, ControlProbe& probe);

// Its full name.
const char* ControlServiceName();

}  // namespace sluice::control
