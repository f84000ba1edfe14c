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

#include <compare>
#include <cstdint>
#include <limits>

#include "absl/time/time.h"

namespace sluice {

// A point of elapsed time, to the nanosecond. Means nothing outside the process. Eight bytes, since
// each connection holds many.
class Instant {
 public:
  constexpr Instant() = default;  // some moment before the process began to count
  explicit Instant(absl::Duration elapsed) : nanoseconds_(absl::ToInt64Nanoseconds(elapsed)) {}
  static constexpr Instant Past() { return Instant(Limits::min()); }
  static constexpr Instant Future() { return Instant(Limits::max()); }

  absl::Duration elapsed() const {
    if (nanoseconds_ == Limits::max()) return absl::InfiniteDuration();
    if (nanoseconds_ == Limits::min()) return -absl::InfiniteDuration();
    return absl::Nanoseconds(nanoseconds_);
  }

  Instant& operator+=(absl::Duration duration) { return *this = Instant(elapsed() + duration); }
  // By this they compare.
  constexpr int64_t nanoseconds() const { return nanoseconds_; }

 private:
  using Limits = std::numeric_limits<int64_t>;
  constexpr explicit Instant(int64_t nanoseconds) : nanoseconds_(nanoseconds) {}

  int64_t nanoseconds_ = 0;  // the least and the most stand for ever
};

constexpr bool operator==(Instant a, Instant b) { return a.nanoseconds() == b.nanoseconds(); }
constexpr auto operator<=>(Instant a, Instant b) { return a.nanoseconds() <=> b.nanoseconds(); }
inline Instant operator+(Instant a, absl::Duration b) { return a += b; }
inline Instant operator-(Instant a, absl::Duration b) { return a += -b; }
inline absl::Duration operator-(Instant a, Instant b) { return a.elapsed() - b.elapsed(); }

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
