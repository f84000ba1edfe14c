// SPDX-License-Identifier: Apache-2.0
//
// The node's own thread: the Executor of what there is once a node (event log, drains), and the
// process's signals. It serves no client.
#pragma once

#include <functional>
#include <memory>

#include "gateway/runtime/loop_probe.h"
#include "storage/executor.h"

namespace sluice::runtime {

// Called on the home thread; empty ones leave their signals as they are.
struct SignalHandlers {
  std::function<void()> stop;    // SIGTERM, SIGINT, each time
  std::function<void()> leave;   // LeaveSignal
  std::function<void()> reload;  // SIGHUP
};

// What `sluice --leave` sends: a real-time signal, which nobody sends by habit.
int LeaveSignal();

// Keeps the signals above from every thread that is started later, but from the home thread: it
// hears them wherever the others wait. Call before anything starts a thread.
void BlockSignals();

class HomeThread final : public storage::Executor {
 public:
  HomeThread();
  ~HomeThread() override;  // stops

  void Post(Task task) override;

  // Before Start.
  void HandleSignals(SignalHandlers handlers);

  // `tick` is told the time every 20 ms.
  void Start(std::function<void(Now now)> tick);
  void Stop();

  const LoopProbe& loop() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace sluice::runtime
