// SPDX-License-Identifier: Apache-2.0
//
// The two times, as two types that do not mix.
//
// Elapsed time (Instant) is for what happens inside the process: timers, pings, leases, rates and
// deadlines. It goes on evenly, whatever becomes of the world's clock. The world's date
// (absl::Time) is for whatever others compare with dates of theirs: expiries of tokens, times of
// events, a connection's beginning, deadlines that workers see. It is read anew each time, so that
// a step of the clock (NTP, a resumed machine) holds at once.
//
// ReadClocks is the only function that reads them; the loops call it, and everybody else is told.
#pragma once

#include "absl/time/time.h"

namespace sluice {

// A point of elapsed time. Means nothing outside the process.
class Instant {
 public:
  constexpr Instant() = default;  // some moment before the process began to count
  constexpr explicit Instant(absl::Duration elapsed) : elapsed_(elapsed) {}
  static constexpr Instant Past() { return Instant(-absl::InfiniteDuration()); }
  static constexpr Instant Future() { return Instant(absl::InfiniteDuration()); }

  constexpr absl::Duration elapsed() const { return elapsed_; }

  Instant& operator+=(absl::Duration duration) {
    elapsed_ += duration;
    return *this;
  }

 private:
  absl::Duration elapsed_ = absl::ZeroDuration();
};

inline Instant operator+(Instant a, absl::Duration b) { return Instant(a.elapsed() + b); }
inline Instant operator-(Instant a, absl::Duration b) { return Instant(a.elapsed() - b); }
inline absl::Duration operator-(Instant a, Instant b) { return a.elapsed() - b.elapsed(); }
inline bool operator==(Instant a, Instant b) { return a.elapsed() == b.elapsed(); }
inline bool operator!=(Instant a, Instant b) { return a.elapsed() != b.elapsed(); }
inline bool operator<(Instant a, Instant b) { return a.elapsed() < b.elapsed(); }
inline bool operator>(Instant a, Instant b) { return a.elapsed() > b.elapsed(); }
inline bool operator<=(Instant a, Instant b) { return a.elapsed() <= b.elapsed(); }
inline bool operator>=(Instant a, Instant b) { return a.elapsed() >= b.elapsed(); }

// What both clocks show. Stands for its Instant wherever one is wanted, never for its date.
struct Now {
  Instant steady;
  absl::Time date;

  operator Instant() const { return steady; }  // NOLINT(google-explicit-constructor)
  Now& operator+=(absl::Duration later) {
    steady += later;
    date += later;
    return *this;
  }
};

// Both, so much later.
inline Now operator+(const Now& now, absl::Duration later) {
  return {now.steady + later, now.date + later};
}

// Thread-safe.
Now ReadClocks();

}  // namespace sluice
