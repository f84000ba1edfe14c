// SPDX-License-Identifier: Apache-2.0
#include "gateway/hub/pacer.h"

#include "absl/random/distributions.h"

namespace sluice::hub {

Pacer::Pacer(uint32_t per_second, uint32_t jitter_percent, Instant start)
    : interval_(absl::Seconds(1) / per_second), jitter_(jitter_percent / 100.0), origin_(start) {}

size_t Pacer::Due(size_t left, Instant now, absl::BitGenRef random) {
  size_t due = 0;
  while (due < left && origin_ + interval_ * static_cast<double>(step_) + spread_ <= now) {
    ++due;
    ++step_;
    if (jitter_ > 0) spread_ = interval_ * absl::Uniform(random, -jitter_ / 2, jitter_ / 2);
  }
  return due;
}

void Pacer::Pause(Instant now) { paused_at_ = now; }

void Pacer::Resume(Instant now) { origin_ += now - paused_at_; }

}  // namespace sluice::hub
