// SPDX-License-Identifier: Apache-2.0
//
// How one worker does, over all methods and roles that it serves. Time-outs count against it: so
// many in a row eject it for a while, and then one call is a probe. An answer in time makes the
// worker whole again; another time-out ejects it for twice as long.
//
// Shared by all shards. Thread-safe; a worker that does well costs its callers two loads.
#pragma once

#include <atomic>
#include <cstdint>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "metrics/probe.h"
#include "storage/time.h"

namespace sluice::hub {

struct EjectionRule {
  uint32_t timeouts = 3;                       // --worker-ejection-timeouts, in a row; 0: never
  absl::Duration first = absl::Seconds(1);     // --worker-ejection-time; doubles each time
  absl::Duration longest = absl::Seconds(60);  // --worker-ejection-time-max
};

class WorkerHealth {
 public:
  // What an outcome changed. The change's length is told with it.
  struct Change {
    enum Kind : uint8_t { kNone, kEjected, kReadmitted };
    Kind kind = kNone;
    absl::Duration lasts = absl::ZeroDuration();  // kEjected
  };

  // `ejected` counts the workers that are ejected now; it outlives this.
  WorkerHealth(const EjectionRule& rule, metrics::SharedGauge& ejected)
      : rule_(rule), ejected_count_(ejected) {}
  ~WorkerHealth();
  WorkerHealth(const WorkerHealth&) = delete;
  WorkerHealth& operator=(const WorkerHealth&) = delete;

  // Whether others are to be asked instead, as long as there are any.
  bool ejected() const { return state_.load(std::memory_order_relaxed) != kWell; }

  // How many time-outs it has in a row, short of an ejection.
  uint32_t timeouts() const { return timeouts_.load(std::memory_order_relaxed); }

  // Whether it is time to try an ejected worker again. True once: whoever hears it makes the call
  // that is the probe, and says what became of it.
  bool TakeProbe(Instant now);
  // The probe said nothing: it was not sent after all, or its caller left.
  void ReturnProbe();

  // A call of it ran out of time; it was answered in time.
  Change TimedOut(bool probe, Instant now);
  Change Answered(bool probe, Instant now);

 private:
  enum State : uint8_t { kWell, kEjected, kProbed };

  Change Eject(Instant now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const EjectionRule rule_;
  metrics::SharedGauge& ejected_count_;
  // Written under the lock, read without it.
  std::atomic<State> state_{kWell};
  std::atomic<uint32_t> timeouts_{0};  // in a row

  absl::Mutex mutex_;
  Instant until_ ABSL_GUARDED_BY(mutex_) = Instant::Past();       // kEjected
  Instant readmitted_ ABSL_GUARDED_BY(mutex_) = Instant::Past();  // kWell
  // Of the latest ejection; zero before the first, and after a worker did well for long.
  absl::Duration lasted_ ABSL_GUARDED_BY(mutex_) = absl::ZeroDuration();
};

}  // namespace sluice::hub
