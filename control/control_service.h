// SPDX-License-Identifier: Apache-2.0
//
// Service Control: each rpc is the gate, then the one path (cluster.h). Its handlers are those of
// the verbs (verbs.h) and of what is no verb, because it streams or takes two steps.
#pragma once

#include <grpcpp/impl/codegen/service_type.h>

#include <memory>

#include "control/cluster.h"
#include "control/gate.h"
#include "control/probe.h"

namespace sluice::control {

// All of these outlive the service.
std::unique_ptr<grpc::Service> MakeControlService(Cluster& cluster, const Gate& gate,
                                                  ControlProbe& probe);

// Its full name.
const char* ControlServiceName();

}  // namespace sluice::control
