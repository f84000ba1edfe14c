// SPDX-License-Identifier: Apache-2.0
//
// So many times a second, for so long. Who is late catches up: the number comes out right.
#pragma once

#include <time.h>

#include <cstdint>

#include "tests/bench/accounting.h"

namespace sluice::bench {

class Pace {
 public:
  // A rate of 0: without waiting.
  Pace(double rate, double seconds) : rate_(rate), seconds_(seconds), start_(WallSeconds()) {}

  // Waits for the next time; false when there is none any more.
  bool Next() {
    double due = rate_ > 0 ? static_cast<double>(count_) / rate_ : WallSeconds() - start_;
    if (due >= seconds_) return false;
    ++count_;
    if (rate_ > 0) SleepUntil(start_ + due);
    return true;
  }

  uint64_t count() const { return count_; }

 private:
  static void SleepUntil(double when) {
    timespec time = {};
    time.tv_sec = static_cast<time_t>(when);
    time.tv_nsec = static_cast<long>((when - static_cast<double>(time.tv_sec)) * 1e9);
    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &time, nullptr);
  }

  double rate_;
  double seconds_;
  double start_;
  uint64_t count_ = 0;
};

}  // namespace sluice::bench
