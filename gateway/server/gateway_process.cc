// SPDX-License-Identifier: Apache-2.0
#include "gateway/server/gateway_process.h"

#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <utility>

#include "absl/strings/str_cat.h"

// Debian 12's header forgets to say that these are C.
extern "C" {
#include <sys/pidfd.h>
}

namespace sluice::server {
namespace {

// What the kernel calls a process that this program was started as (proc(5)).
constexpr char kOwnName[] = "sluice";

std::string NameOf(pid_t pid) {
  std::string name;
  std::getline(std::ifstream(absl::StrCat("/proc/", pid, "/comm")), name);
  return name;
}

}  // namespace

GatewayProcess::GatewayProcess(std::string flag, pid_t pid, int descriptor)
    : flag_(std::move(flag)), pid_(pid), descriptor_(descriptor) {}

GatewayProcess::GatewayProcess(GatewayProcess&& other) noexcept
    : flag_(std::move(other.flag_)),
      pid_(other.pid_),
      descriptor_(std::exchange(other.descriptor_, -1)) {}

GatewayProcess::~GatewayProcess() {
  if (descriptor_ >= 0) close(descriptor_);
}

absl::StatusOr<GatewayProcess> GatewayProcess::Open(std::string flag, pid_t pid) {
  GatewayProcess process(std::move(flag), pid, pidfd_open(pid, 0));
  if (process.descriptor_ < 0) return process.Refused(std::strerror(errno));
  if (NameOf(pid) != kOwnName) return process.Refused("is no gateway");
  return process;
}

absl::Status GatewayProcess::Signal(int number) const {
  if (pidfd_send_signal(descriptor_, number, nullptr, 0) == 0) return absl::OkStatus();
  return Refused(std::strerror(errno));
}

absl::StatusOr<bool> GatewayProcess::Ends(absl::Duration within) const {
  const bool for_ever = within == absl::InfiniteDuration();
  const int milliseconds = for_ever ? -1 : static_cast<int>(absl::ToInt64Milliseconds(within));
  pollfd gone{.fd = descriptor_, .events = POLLIN, .revents = 0};
  for (;;) {
    const int ready = poll(&gone, 1, milliseconds);
    if (ready >= 0) return ready > 0;
    if (errno != EINTR) return Refused(std::strerror(errno));
  }
}

absl::Status GatewayProcess::Refused(const std::string& why) const {
  return absl::FailedPreconditionError(absl::StrCat(flag_, ": process ", pid_, ": ", why));
}

}  // namespace sluice::server
