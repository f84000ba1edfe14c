// SPDX-License-Identifier: Apache-2.0
//
// Another process on this machine that is a gateway, as `sluice --leave` and `--reload` deal with
// it. Held by a descriptor: whoever gets its number next is another.
#pragma once

#include <sys/types.h>

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace sluice::server {

class GatewayProcess {
 public:
  // `flag` begins every complaint. FAILED_PRECONDITION: there is no such process, or it is no
  // gateway.
  static absl::StatusOr<GatewayProcess> Open(std::string flag, pid_t pid);
  GatewayProcess(GatewayProcess&& other) noexcept;
  GatewayProcess& operator=(GatewayProcess&&) = delete;
  ~GatewayProcess();

  absl::Status Signal(int number) const;
  // Whether it ends within so long; absl::InfiniteDuration() waits until it does.
  absl::StatusOr<bool> Ends(absl::Duration within) const;
  // A complaint about it.
  absl::Status Refused(const std::string& why) const;

 private:
  GatewayProcess(std::string flag, pid_t pid, int descriptor);

  std::string flag_;
  pid_t pid_;
  int descriptor_;
};

}  // namespace sluice::server
