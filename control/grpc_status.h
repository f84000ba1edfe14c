// SPDX-License-Identifier: Apache-2.0
//
// absl::Status on gRPC's wire: same code and message, payloads as google.rpc.Status details.
#pragma once

#include <grpcpp/support/status.h>

#include "absl/status/status.h"

namespace sluice::control {

grpc::Status ToGrpc(const absl::Status& status);

}  // namespace sluice::control
