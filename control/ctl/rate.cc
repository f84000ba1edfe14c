// SPDX-License-Identifier: Apache-2.0
#include "control/ctl/rate.h"

namespace sluice::ctl {

void Rate::Add(Instant now, uint64_t count) {
  // What falls again was begun anew.
  if (!samples_.empty() && count < samples_.back().count) samples_.clear();
  samples_.push_back({now, count});
  // The one before the window's beginning stays: from there it is measured.
  while (samples_.size() > 2 && now - samples_[1].at >= window_) samples_.pop_front();
}

std::optional<double> Rate::per_second() const {
  if (samples_.size() < 2) return std::nullopt;
  const absl::Duration passed = samples_.back().at - samples_.front().at;
  if (passed <= absl::ZeroDuration()) return std::nullopt;
  const uint64_t risen = samples_.back().count - samples_.front().count;
  return static_cast<double>(risen) / absl::ToDoubleSeconds(passed);
}

}  // namespace sluice::ctl
