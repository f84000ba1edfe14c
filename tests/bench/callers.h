// SPDX-License-Identifier: Apache-2.0
//
// Clients that call "echo", each with one call in flight: as soon as one is answered, the next.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tests/bench/socket.h"

namespace sluice::bench {

class Callers {
 public:
  // Connects them, and lets each call once.
  Callers(const std::string& address, const std::string& target, size_t count);

  // Calls for so long; returns how many were answered.
  uint64_t Call(double seconds);

 private:
  struct Caller {
    Descriptor socket;
    size_t bytes = 0;  // of the answer that is on its way
  };
  bool Read(Caller& caller);
  // Lets whoever has an answer call again while `more`; returns how many had one.
  uint64_t Turn(bool more);

  std::string request_;
  size_t answer_bytes_ = 0;
  std::vector<Caller> callers_;
  Descriptor epoll_;
};

}  // namespace sluice::bench
