// SPDX-License-Identifier: Apache-2.0
#include "gateway/server/bounded_write.h"

#include <poll.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstdint>

namespace sluice::server {
namespace {

int64_t NowMilliseconds() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return int64_t{now.tv_sec} * 1000 + now.tv_nsec / 1'000'000;
}

}  // namespace

bool WriteWithin(int fd, std::string_view text, int milliseconds) {
  const int64_t end = NowMilliseconds() + milliseconds;
  while (!text.empty()) {
    pollfd writable{fd, POLLOUT, 0};
    const int64_t left = std::max<int64_t>(end - NowMilliseconds(), 0);
    const int ready = poll(&writable, 1, static_cast<int>(left));
    if (ready < 0 && errno == EINTR) continue;
    if (ready <= 0) return false;
    // A pipe that is writable takes so much without blocking (pipe(7)).
    const ssize_t written = write(fd, text.data(), std::min<size_t>(text.size(), PIPE_BUF));
    if (written < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (written <= 0) return false;
    text.remove_prefix(static_cast<size_t>(written));
  }
  return true;
}

}  // namespace sluice::server
