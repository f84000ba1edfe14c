// SPDX-License-Identifier: Apache-2.0
//
// When the next of many equal steps is due, at so many a second, each a little early or late at
// random. Reads no clock; time that was spent paused does not count.
#pragma once

#include <cstddef>
#include <cstdint>

#include "absl/random/bit_gen_ref.h"
#include "absl/time/time.h"
#include "storage/time.h"

namespace sluice::hub {

class Pacer {
 public:
  Pacer() = default;
  // The first step is due at `start`. `jitter_percent` of the interval is the width in which each
  // step is spread around its due time.
  Pacer(uint32_t per_second, uint32_t jitter_percent, Instant start);

  // How many steps, at most `left`, have become due since the last call.
  size_t Due(size_t left, Instant now, absl::BitGenRef random);

  void Pause(Instant now);
  void Resume(Instant now);

 private:
  absl::Duration interval_;
  double jitter_ = 0;  // share of the interval
  Instant origin_;     // when step 0 is due
  Instant paused_at_;
  uint64_t step_ = 0;      // the next
  absl::Duration spread_;  // of the next
};

}  // namespace sluice::hub
