// SPDX-License-Identifier: Apache-2.0
//
// Whether a request is for the node that is asked alone, or for all (v1::Scope).
#pragma once

#include "absl/status/statusor.h"
#include "control/status.h"
#include "sluice/v1/types.pb.h"

namespace sluice::control {

// INVALID_ARGUMENT SCOPE_INVALID: of a newer release, or none. Requests without a scope are for
// all.
template <typename Request>
absl::StatusOr<bool> SpansNodes(const Request& request) {
  if constexpr (requires { request.scope(); }) {
    if (!v1::Scope_IsValid(request.scope())) {
      return Invalid("SCOPE_INVALID", "scope", "no such scope");
    }
    return request.scope() != v1::SCOPE_LOCAL;
  }
  return true;
}

}  // namespace sluice::control
