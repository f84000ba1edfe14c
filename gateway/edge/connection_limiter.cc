// SPDX-License-Identifier: Apache-2.0
#include "gateway/edge/connection_limiter.h"

#include <algorithm>
#include <limits>

namespace sluice::edge {
namespace {

int64_t IntervalNanos(double per_second) {
  return per_second > 0 ? std::max<int64_t>(1, static_cast<int64_t>(1e9 / per_second)) : 0;
}

}  // namespace

ConnectionLimiter::ConnectionLimiter(const Limits& limits)
    : connections_max_(limits.connections_max ? limits.connections_max
                                              : std::numeric_limits<size_t>::max()),
      interval_nanos_(IntervalNanos(limits.accepts_per_second)),
      slack_nanos_(interval_nanos_ * static_cast<int64_t>(std::max<size_t>(limits.burst, 1) - 1)) {}

std::optional<Refusal> ConnectionLimiter::Enter(Instant now) {
  if (closed()) return Refusal::kDraining;
  if (overloaded_.load(std::memory_order_relaxed)) return Refusal::kOverloaded;
  if (inside_.fetch_add(1, std::memory_order_relaxed) >= connections_max_) {
    Leave();
    return Refusal::kConnectionsMax;
  }
  if (!TakeTurn(absl::ToInt64Nanoseconds(now.elapsed()))) {
    Leave();
    return Refusal::kAcceptRate;
  }
  return std::nullopt;
}

bool ConnectionLimiter::TakeTurn(int64_t now_nanos) {
  if (interval_nanos_ == 0) return true;
  int64_t through = through_nanos_.load(std::memory_order_relaxed);
  for (;;) {
    int64_t start = std::max(through, now_nanos);
    if (start - now_nanos > slack_nanos_) return false;
    if (through_nanos_.compare_exchange_weak(through, start + interval_nanos_,
                                             std::memory_order_relaxed)) {
      return true;
    }
  }
}

}  // namespace sluice::edge
