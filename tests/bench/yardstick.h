// SPDX-License-Identifier: Apache-2.0
//
// The least that a delivery can cost: a forked child that accepts the same clients and does nothing
// but send() to each. What a gateway costs is stated as a multiple of it, which holds on any
// machine and while it is busy with other things.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>

#include "tests/bench/socket.h"

namespace sluice::bench {

class Yardstick {
 public:
  // Forks: construct it before any thread.
  explicit Yardstick(size_t frame_bytes);
  ~Yardstick();

  pid_t pid() const { return pid_; }
  const std::string& address() const { return address_; }

  // Each client gets `frames` in one send(), `rate` times a second (0: as often as it can), for so
  // long. Returns how often each got them.
  uint64_t Broadcast(double rate, uint32_t frames, double seconds);

 private:
  pid_t pid_ = -1;
  std::string address_;
  Descriptor orders_;
};

}  // namespace sluice::bench
