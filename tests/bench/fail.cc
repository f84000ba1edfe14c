// SPDX-License-Identifier: Apache-2.0
#include "tests/bench/fail.h"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <iostream>

namespace sluice::bench {

void Fail(std::string_view why) {
  std::cerr << "bench: " << why << std::endl;
  // Threads may still be at work; nothing of this process is worth an orderly end.
  std::_Exit(1);
}

void FailErrno(std::string_view what) {
  const char* reason = std::strerror(errno);
  Fail(std::string(what) + ": " + reason);
}

}  // namespace sluice::bench
