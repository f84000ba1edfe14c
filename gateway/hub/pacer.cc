// SPDX-License-Identifier: Apache-2.0
#include "gateway/hub/pacer.h"

#include <algorithm>

#include "absl/random/distributions.h"

namespace sluice::hub {
namespace {

constexpr absl::Duration kBehindMax = absl::Seconds(1);

}  // namespace

Pacer::Pacer(Pace pace, uint32_t jitter_percent, Instant start)
    : interval_(absl::Seconds(1) / pace.per_second),
      jitter_(jitter_percent / 100.0),
      next_(start + pace.first) {}

size_t Pacer::Due(size_t left, Instant now, absl::BitGenRef random) {
  next_ = std::max(next_, now - kBehindMax);
  size_t due = 0;
  while (due < left && next_ + spread_ <= now) {
    ++due;
    next_ += interval_;
    if (jitter_ > 0) spread_ = interval_ * absl::Uniform(random, -jitter_ / 2, jitter_ / 2);
  }
  return due;
}

void Pacer::SetPace(double per_second, Instant now) {
  const absl::Duration interval = absl::Seconds(1) / per_second;
  const Instant at = paused_at_.value_or(now);
  const double longer = absl::FDivDuration(interval, interval_);
  if (next_ > at) next_ = at + (next_ - at) * longer;
  spread_ *= longer;
  interval_ = interval;
}

void Pacer::Pause(Instant now) { paused_at_ = now; }

void Pacer::Resume(Instant now) {
  if (paused_at_) next_ += now - *paused_at_;
  paused_at_.reset();
}

}  // namespace sluice::hub
