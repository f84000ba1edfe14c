// SPDX-License-Identifier: Apache-2.0
//
// Ctrl-C. The first one asks whoever watches to end, the second one, or one that nobody expects,
// ends the process with 130. Made before any other thread, which all inherit that they do not get
// it.
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>

#include "absl/time/time.h"

namespace sluice::ctl {

class Interrupts {
 public:
  Interrupts();

  // Calls `act` on the first one, on a thread of its own, and never once this was called again.
  // Nothing: one ends the process, as before. `act` may not ask this object anything.
  void Expect(std::function<void()> act);
  bool came() const;
  // Until one comes, at most so long; whether it did.
  bool Wait(absl::Duration duration);

 private:
  void Come();

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::function<void()> act_;
  bool came_ = false;
};

}  // namespace sluice::ctl
