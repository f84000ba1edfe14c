// SPDX-License-Identifier: Apache-2.0
//
// How often the log repeats itself: a few lines of a kind in a while, of which each says how many
// cases it stands for. Reads no clock; not thread-safe.
#pragma once

#include <cstdint>
#include <utility>

#include "absl/time/time.h"
#include "storage/time.h"

namespace sluice::server {

class Seldom {
 public:
  struct Rate {
    uint32_t lines = 1;  // at once
    absl::Duration interval = absl::Seconds(5);
  };
  explicit Seldom(const Rate& rate) : rate_(rate) {}

  // `count` more cases. How many the line stands for that is due now; 0: none is.
  uint64_t Take(uint64_t count, Instant now) {
    untold_ += count;
    if (now >= next_) {
      next_ = now + rate_.interval;
      left_ = rate_.lines;
    }
    if (left_ == 0) return 0;
    --left_;
    return std::exchange(untold_, 0);
  }

 private:
  Rate rate_;
  Instant next_ = Instant::Past();
  uint32_t left_ = 0;
  uint64_t untold_ = 0;
};

}  // namespace sluice::server
