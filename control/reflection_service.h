// SPDX-License-Identifier: Apache-2.0
//
// The reflection of reflection.h on the port, under one of its versions' names, behind the gate.
#pragma once

#include <grpcpp/impl/codegen/service_type.h>

#include <string>
#include <string_view>
#include <vector>

#include "control/gate.h"

namespace sluice::control {

class ReflectionService final : public grpc::Service {
 public:
  // `name`: kReflectionV1 or kReflectionV1Alpha. `services` is what it lists; both outlive this.
  ReflectionService(std::string_view name, const std::vector<std::string>& services,
                    const Gate& gate);

 private:
  const std::string method_;  // gRPC keeps its characters
};

}  // namespace sluice::control
