// SPDX-License-Identifier: Apache-2.0
//
// How a node leaves, step by step:
//
//   serving -> unready (load balancers look away, --shutdown-delay)
//           -> draining (connections are closed at a pace, --drain-timeout at most)
//           -> gone
//
// Decides only; the server acts. Home thread; time is told.
#pragma once

#include <cstddef>
#include <cstdint>

#include "absl/time/time.h"
#include "storage/thread_checker.h"
#include "storage/time.h"

namespace sluice::runtime {

class Departure {
 public:
  struct Options {
    absl::Duration delay = absl::ZeroDuration();       // --shutdown-delay
    absl::Duration drain_timeout = absl::Seconds(30);  // --drain-timeout
    uint32_t drain_per_second = 0;                     // --drain-per-second; 0: see Pace
    absl::Duration drain_grace = absl::Seconds(10);    // --drain-grace
    // --drain-reconnect-window; zero: nothing is advised
    absl::Duration reconnect_window = absl::ZeroDuration();
  };
  enum class Action {
    kNone,
    kDrain,   // accept nobody any more, and begin to close who is here
    kFinish,  // end
  };

  // Closes a second below which nobody would notice that they come together.
  static constexpr uint32_t kPaceMin = 50;

  explicit Departure(const Options& options) : options_(options) {}

  // The node was told to leave. Once.
  void Begin(Instant now);
  bool begun() const { return state_ != State::kServing; }

  // Each action is returned once, when its time has come.
  Action Tick(Instant now, size_t connections);

  // While it drains: when the last grace is over, so that what is said at the end still goes out
  // within --drain-timeout.
  Instant GraceEnd() const;

  // How many connections to close a second, if there are so many: what was asked for, or what takes
  // half of the time there is.
  uint32_t Pace(size_t connections) const;

 private:
  enum class State { kServing, kUnready, kDraining, kGone };

  [[no_unique_address]] ThreadChecker thread_;
  const Options options_;
  State state_ = State::kServing;
  Instant next_;  // when the state ends at the latest
};

}  // namespace sluice::runtime
