// SPDX-License-Identifier: Apache-2.0
//
// How many connections there may be, and how fast new ones may come, over all
// shards.
//
// Thread-safe, without a lock: a count, and the time at which a steady flow of
// connections would be through (GCRA).
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "absl/time/time.h"
#include "gateway/edge/refusal.h"
#include "storage/time.h"

namespace sluice::edge {

class ConnectionLimiter {
 public:
  struct Limits {
    size_t connections_max = 0;     // 0: none
    double accepts_per_second = 0;  // 0: none
    size_t burst = 1;
  };
  explicit ConnectionLimiter(const Limits& limits);

  // Nothing: come in, and Leave later. Otherwise why not.
  std::optional<Refusal> Enter(Instant now);
  void Leave() { inside_.fetch_sub(1, std::memory_order_relaxed); }

  // From now on everybody is told kDraining.
  void Close() { closed_.store(true, std::memory_order_relaxed); }
  // As long as this holds, newcomers are told kOverloaded.
  void SetOverloaded(bool overloaded) { overloaded_.store(overloaded, std::memory_order_relaxed); }
  bool closed() const { return closed_.load(std::memory_order_relaxed); }

  size_t inside() const { return inside_.load(std::memory_order_relaxed); }

 private:
  bool TakeTurn(int64_t now_nanos);

  const size_t connections_max_;
  const int64_t interval_nanos_;  // between two connections; 0: no limit
  const int64_t slack_nanos_;     // how far ahead of the steady flow a burst may be
  std::atomic<bool> closed_{false};
  std::atomic<bool> overloaded_{false};
  std::atomic<size_t> inside_{0};
  std::atomic<int64_t> through_nanos_{0};
};

}  // namespace sluice::edge
