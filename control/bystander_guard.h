// SPDX-License-Identifier: Apache-2.0
//
// Guards the services that are not ours, reflection above all: without a token such an rpc is
// cancelled before its service sees a message. Health stays open to everybody. Our own services ask
// the gate themselves and answer with a proper status.
#pragma once

#include <grpcpp/support/server_interceptor.h>

#include <memory>

#include "control/gate.h"

namespace sluice::control {

// `gate` outlives the server.
std::unique_ptr<grpc::experimental::ServerInterceptorFactoryInterface> MakeBystanderGuard(
    const Gate& gate);

}  // namespace sluice::control
