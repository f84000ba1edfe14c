// SPDX-License-Identifier: Apache-2.0
//
// When the next of many equal steps is due, at so many a second, each a little early or late at
// random. Reads no clock; time that was spent paused does not count.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "absl/random/bit_gen_ref.h"
#include "absl/time/time.h"
#include "storage/time.h"

namespace sluice::hub {

struct Pace {
  double per_second = 1;                        // more than 0, maybe less than 1
  absl::Duration first = absl::ZeroDuration();  // from the start to the first step
};

class Pacer {
 public:
  Pacer() = default;
  // `jitter_percent` of the interval is the width in which each step is spread around its due time.
  Pacer(Pace pace, uint32_t jitter_percent, Instant start);

  // How many steps, at most `left`, have become due since the last call. Of a time in which nobody
  // asked the last second counts, so that a process that was frozen does not do everything at once.
  size_t Due(size_t left, Instant now, absl::BitGenRef random);

  // What was waited for the next step counts in proportion.
  void SetPace(double per_second, Instant now);

  void Pause(Instant now);
  void Resume(Instant now);

 private:
  absl::Duration interval_;
  double jitter_ = 0;      // share of the interval
  Instant next_;           // when the next step is due
  absl::Duration spread_;  // of that one
  std::optional<Instant> paused_at_;
};

}  // namespace sluice::hub
