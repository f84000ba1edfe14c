// SPDX-License-Identifier: Apache-2.0
//
// gRPC's server reflection, v1 and v1alpha: tools ask for the newer first, and gRPC 1.51 has only
// the older. Both versions have the same messages, so one answer serves both.
#pragma once

#include <string>
#include <vector>

#include "grpc/reflection/v1/reflection.pb.h"

namespace sluice::control {

inline constexpr std::string_view kReflectionV1 = "grpc.reflection.v1.ServerReflection";
inline constexpr std::string_view kReflectionV1Alpha = "grpc.reflection.v1alpha.ServerReflection";

// `services` are the full names of what is served. Never fails: what is not found is in the answer.
grpc::reflection::v1::ServerReflectionResponse Reflect(
    const grpc::reflection::v1::ServerReflectionRequest& request,
    const std::vector<std::string>& services);

}  // namespace sluice::control
