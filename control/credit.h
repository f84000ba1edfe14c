// SPDX-License-Identifier: Apache-2.0
//
// How many invocations a worker would still take. Thread-safe and lock-free: every shard takes from
// it, the worker's stream gives back.
#pragma once

#include <atomic>
#include <cstdint>

namespace sluice::control {

class Credit {
 public:
  explicit Credit(int64_t max) : max_(max) {}

  // Raises or lowers the whole; it stays within 0 and max. Returns as Release does.
  bool Change(int64_t by);

  int64_t free() const { return free_.load(std::memory_order_relaxed); }
  int64_t total() const { return total_.load(std::memory_order_relaxed); }
  // How many are taken. May be stale at once.
  int64_t taken() const { return total() - free(); }

  // Takes one if there is one; if not, remembers that somebody wants some.
  bool TryTake();

  // Gives `count` back. True: somebody had wanted some in vain and should be told now.
  bool Release(int64_t count);

 private:
  bool TakeOne();

  const int64_t max_;
  std::atomic<int64_t> total_{0};  // written by the stream alone
  std::atomic<int64_t> free_{0};
  std::atomic<bool> starved_{false};
};

}  // namespace sluice::control
