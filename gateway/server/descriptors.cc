// SPDX-License-Identifier: Apache-2.0
#include "gateway/server/descriptors.h"

#include <sys/eventfd.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <limits>

namespace sluice::server {
namespace {

// What the kernel allows at most, whatever the hard limit says (proc(5)).
uint64_t KernelMax() {
  uint64_t max = 0;
  std::ifstream("/proc/sys/fs/nr_open") >> max;
  return max > 0 ? max : std::numeric_limits<uint64_t>::max();
}

}  // namespace

DescriptorLimits RaiseDescriptorLimit() {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  DescriptorLimits limits{limit.rlim_cur, limit.rlim_cur, limit.rlim_max};
  const uint64_t most = std::min<uint64_t>(limit.rlim_max, KernelMax());
  if (most <= limits.soft) return limits;
  limit.rlim_cur = most;
  if (setrlimit(RLIMIT_NOFILE, &limit) == 0) limits.soft = most;
  return limits;
}

uint64_t ReserveOf(uint64_t limit, uint64_t wanted) { return std::min(wanted, limit / 4); }

int NextDescriptor() {
  const int fd = eventfd(0, EFD_CLOEXEC);
  if (fd >= 0) close(fd);
  return fd;
}

}  // namespace sluice::server
