// SPDX-License-Identifier: Apache-2.0
//
// A rate with a burst. Reads no clock.
#pragma once

#include <algorithm>

#include "absl/time/time.h"
#include "storage/time.h"

namespace sluice::hub {

class TokenBucket {
 public:
  // Takes one token of a bucket that holds `burst` and is refilled with `per_second`. False if
  // there is none; that is remembered as debt, down to -burst, so that hammering does not pay.
  bool Take(double per_second, double burst, Instant now) {
    Refill(per_second, burst, now);
    tokens_ = std::max(tokens_ - 1, -burst);
    return tokens_ >= 0;
  }

  // Takes `amount`, be it there or not; what is missing must be waited for.
  absl::Duration Spend(double amount, double per_second, double burst, Instant now) {
    Refill(per_second, burst, now);
    tokens_ -= amount;
    return tokens_ >= 0 ? absl::ZeroDuration() : absl::Seconds(-tokens_ / per_second);
  }

  // How long until Take would succeed.
  absl::Duration Wait(double per_second, double burst, Instant now) {
    Refill(per_second, burst, now);
    return tokens_ >= 1 ? absl::ZeroDuration() : absl::Seconds((1 - tokens_) / per_second);
  }

  // Whether the debt has reached its bottom.
  bool Exhausted(double burst) const { return tokens_ <= -burst; }

 private:
  void Refill(double per_second, double burst, Instant now) {
    if (since_ == Instant::Past()) {
      tokens_ = burst;
    } else if (now > since_) {
      tokens_ = std::min(burst, tokens_ + per_second * absl::ToDoubleSeconds(now - since_));
    }
    since_ = std::max(since_, now);
  }

  double tokens_ = 0;
  Instant since_ = Instant::Past();
};

}  // namespace sluice::hub
