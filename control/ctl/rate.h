// SPDX-License-Identifier: Apache-2.0
//
// How fast a count has risen lately.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>

#include "absl/time/time.h"
#include "storage/time.h"

namespace sluice::ctl {

class Rate {
 public:
  explicit Rate(absl::Duration window = absl::Seconds(5)) : window_(window) {}

  void Add(Instant now, uint64_t count);

  // A second, over what is left of the window; nothing before there are two moments.
  std::optional<double> per_second() const;

 private:
  struct Sample {
    Instant at;
    uint64_t count;
  };
  absl::Duration window_;
  std::deque<Sample> samples_;
};

}  // namespace sluice::ctl
