// SPDX-License-Identifier: Apache-2.0
#include "gateway/server/leave.h"

#include "absl/time/time.h"
#include "gateway/runtime/home_thread.h"
#include "gateway/server/gateway_process.h"

namespace sluice::server {

absl::Status LeaveProcess(pid_t pid) {
  auto process = GatewayProcess::Open("--leave", pid);
  if (!process.ok()) return process.status();
  absl::Status told = process->Signal(runtime::LeaveSignal());
  if (!told.ok()) return told;
  return process->Ends(absl::InfiniteDuration()).status();
}

}  // namespace sluice::server
