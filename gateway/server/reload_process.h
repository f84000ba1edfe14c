// SPDX-License-Identifier: Apache-2.0
//
// `sluice --reload`, from outside: tells a gateway's process to read its files again, and waits for
// the verdict. For a service manager's reload, which otherwise is a success before a file is read.
#pragma once

#include <sys/types.h>

#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"

namespace sluice::server {

// OK: what there is now is in use. FAILED_PRECONDITION: why it is not, or that there is no such
// gateway. DEADLINE_EXCEEDED: no word of it within `timeout`. `status_file` is the gateway's own
// --reload-status-file.
absl::Status ReloadProcess(pid_t pid, const std::string& status_file, absl::Duration timeout);

}  // namespace sluice::server
