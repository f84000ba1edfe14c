// SPDX-License-Identifier: Apache-2.0
//
// What is said to many, between nodes.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "gateway/hub/saying.h"
#include "metrics/probe.h"

namespace sluice::control {

// Serialized; without its namespace.
std::string SealSaying(const hub::Saying& saying);

// FAILED_PRECONDITION VERSION_UNSUPPORTED: it is none. `encodings` as of hub::Message.
absl::StatusOr<hub::SharedSaying> OpenSaying(std::string space, const std::string& payload,
                                             metrics::SharedCounter& encodings);

}  // namespace sluice::control
