// SPDX-License-Identifier: Apache-2.0
//
// How long to wait before the next try: twice as long each time up to a bound, and a random part of
// that, so that many nodes do not come back in step.
#pragma once

#include <algorithm>

#include "absl/random/random.h"
#include "absl/time/time.h"

namespace sluice::storage::redis {

class BackOff {
 public:
  BackOff(absl::Duration min, absl::Duration max) : min_(min), max_(max), next_(min) {}

  // Between half of it and all of it.
  absl::Duration Next(absl::BitGen& random) {
    absl::Duration pause = next_ * absl::Uniform(random, 0.5, 1.0);
    next_ = std::min(max_, next_ * 2);
    return pause;
  }
  void Reset() { next_ = min_; }

 private:
  absl::Duration min_;
  absl::Duration max_;
  absl::Duration next_;
};

}  // namespace sluice::storage::redis
