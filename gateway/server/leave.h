// SPDX-License-Identifier: Apache-2.0
//
// `sluice --leave`, from outside: tells a gateway's process to leave, and waits until it has gone.
// For what runs before SIGTERM, as a container's preStop hook, which is over when the node has
// drained; the SIGTERM that follows joins.
#pragma once

#include <sys/types.h>

#include "absl/status/status.h"

namespace sluice::server {

// An error if there is no such process, it is no gateway, or it may not be told. Blocks as long as
// the node takes: its own options bound that.
absl::Status LeaveProcess(pid_t pid);

}  // namespace sluice::server
