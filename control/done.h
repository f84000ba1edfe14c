// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"

namespace sluice::control {

// Takes an rpc's answer, once, on the home thread (or, if the request is refused, within the call).
// If the node stops before there is an answer, it is destroyed uncalled; whoever waits behind it
// must take that for ShuttingDown().
template <typename Response>
using Done = absl::AnyInvocable<void(absl::StatusOr<Response>)>;

}  // namespace sluice::control
