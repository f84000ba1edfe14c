// SPDX-License-Identifier: Apache-2.0
#include "gateway/runtime/departure.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <limits>

namespace sluice::runtime {

void Departure::Begin(Instant now) {
  assert(thread_.IsCurrent());
  state_ = State::kUnready;
  next_ = now + options_.delay;
}

Departure::Action Departure::Tick(Instant now, size_t connections) {
  assert(thread_.IsCurrent());
  if (state_ == State::kUnready && now >= next_) {
    state_ = State::kDraining;
    next_ = now + options_.drain_timeout;
    return Action::kDrain;
  }
  if (state_ == State::kDraining && (connections == 0 || now >= next_)) {
    state_ = State::kGone;
    return Action::kFinish;
  }
  return Action::kNone;
}

Instant Departure::GraceEnd() const {
  return next_ - std::min(absl::Seconds(1), options_.drain_timeout / 10);
}

uint32_t Departure::Pace(size_t connections) const {
  if (options_.drain_per_second > 0) return options_.drain_per_second;
  const double seconds = absl::ToDoubleSeconds(options_.drain_timeout / 2);
  // Without any time to speak of, all at once.
  if (seconds < 0.001) return std::numeric_limits<uint32_t>::max();
  const double pace = std::ceil(static_cast<double>(connections) / seconds);
  return std::max(kPaceMin, static_cast<uint32_t>(std::min(pace, 1e9)));
}

}  // namespace sluice::runtime
