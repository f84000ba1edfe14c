// SPDX-License-Identifier: Apache-2.0
//
// Whether the threads that do the work turn: each beats every 20 ms, and whoever has not beaten for
// --stall-timeout is stuck. Silence is counted in the watcher's own ticks, so that a process that
// was stopped, or a machine that was suspended, accuses nobody. And whether they can follow: at
// --thread-tasks-max tasks that wait, the node takes no more work until they have.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <utility>

#include "absl/time/time.h"
#include "gateway/runtime/loop_probe.h"
#include "metrics/probe.h"
#include "storage/thread_checker.h"
#include "storage/time.h"

namespace sluice::runtime {

class Heartbeats final : public metrics::Source {
 public:
  struct Options {
    absl::Duration stall_timeout = absl::Seconds(5);  // --stall-timeout
    size_t tasks_max = 100000;                        // --thread-tasks-max
  };
  explicit Heartbeats(const Options& options) : options_(options) {}

  // Before the first Tick. `loop` outlives this.
  void Watch(std::string thread, const LoopProbe& loop);

  // The watcher's thread; so is Complaint.
  void Tick(Instant now);

  // Who is stuck: "shard-1 has not turned for 12s"; empty: nobody.
  std::string Complaint() const;

  // Who cannot follow: "home has 123456 tasks waiting"; empty: nobody. Any thread.
  std::string Overload() const;

  void Visit(metrics::Visitor& visitor) const override;

 private:
  struct Thread {
    Thread(std::string n, const LoopProbe& l) : name(std::move(n)), loop(l) {}
    std::string name;
    const LoopProbe& loop;
    uint64_t beats = 0;
    absl::Duration silent;
    metrics::Gauge silent_ms;  // the same, for whoever asks from another thread
  };

  [[no_unique_address]] ThreadChecker watcher_;
  const Options options_;
  std::deque<Thread> threads_;
  Instant last_ = Instant::Future();
};

}  // namespace sluice::runtime
