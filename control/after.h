// SPDX-License-Identifier: Apache-2.0
//
// A deadline for gRPC, told on the clock that nobody sets: a step of the world's clock neither
// brings it nearer nor puts it off.
#pragma once

#include <grpc/support/time.h>

#include "absl/time/time.h"

namespace sluice::control {

inline gpr_timespec After(absl::Duration time) {
  return gpr_time_add(gpr_now(GPR_CLOCK_MONOTONIC),
                      gpr_time_from_millis(absl::ToInt64Milliseconds(time), GPR_TIMESPAN));
}

}  // namespace sluice::control
