// SPDX-License-Identifier: Apache-2.0
#include "control/ctl/interrupts.h"

#include <signal.h>
#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <thread>
#include <utility>

#include "control/ctl/exit.h"

namespace sluice::ctl {

Interrupts::Interrupts() {
  static sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  // Lives as long as the process, and so does this object.
  std::thread([this] {
    for (int signal = 0; sigwait(&signals, &signal) == 0;) Come();
  }).detach();
}

void Interrupts::Expect(std::function<void()> act) {
  std::lock_guard lock(mutex_);
  act_ = std::move(act);
}

bool Interrupts::came() const {
  std::lock_guard lock(mutex_);
  return came_;
}

bool Interrupts::Wait(absl::Duration duration) {
  std::unique_lock lock(mutex_);
  const std::chrono::milliseconds most(absl::ToInt64Milliseconds(duration));
  return changed_.wait_for(lock, most, [this] { return came_; });
}

void Interrupts::Come() {
  std::lock_guard lock(mutex_);
  if (came_ || !act_) _exit(static_cast<int>(Exit::kInterrupted));
  came_ = true;
  changed_.notify_all();
  act_();
}

}  // namespace sluice::ctl
