// SPDX-License-Identifier: Apache-2.0
#include "control/grpc_status.h"

#include "control/status.h"

namespace sluice::control {

grpc::Status ToGrpc(const absl::Status& status) {
  if (status.ok()) return grpc::Status::OK;
  return grpc::Status(static_cast<grpc::StatusCode>(status.code()), std::string(status.message()),
                      ToProto(status).SerializeAsString());
}

}  // namespace sluice::control
