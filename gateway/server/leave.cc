// SPDX-License-Identifier: Apache-2.0
#include "gateway/server/leave.h"

#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <string>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"
#include "gateway/runtime/home_thread.h"

// Debian 12's header forgets to say that these are C.
extern "C" {
#include <sys/pidfd.h>
}

namespace sluice::server {
namespace {

// What the kernel calls a process that this program was started as (proc(5)).
constexpr char kOwnName[] = "sluice";

absl::Status Refused(pid_t pid, const std::string& why) {
  return absl::FailedPreconditionError(absl::StrCat("--leave: process ", pid, ": ", why));
}

std::string NameOf(pid_t pid) {
  std::string name;
  std::getline(std::ifstream(absl::StrCat("/proc/", pid, "/comm")), name);
  return name;
}

}  // namespace

absl::Status LeaveProcess(pid_t pid) {
  // Held from here on: whoever gets the number next is another.
  const int process = pidfd_open(pid, 0);
  if (process < 0) return Refused(pid, std::strerror(errno));
  absl::Cleanup close_it = [process] { close(process); };
  if (NameOf(pid) != kOwnName) return Refused(pid, "is no gateway");
  if (pidfd_send_signal(process, runtime::LeaveSignal(), nullptr, 0) != 0) {
    return Refused(pid, std::strerror(errno));
  }
  pollfd gone{.fd = process, .events = POLLIN, .revents = 0};
  while (poll(&gone, 1, -1) < 0) {
    if (errno != EINTR) return Refused(pid, std::strerror(errno));
  }
  return absl::OkStatus();
}

}  // namespace sluice::server
