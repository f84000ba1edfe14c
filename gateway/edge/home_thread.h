// SPDX-License-Identifier: Apache-2.0
//
// The node's own thread: the Executor of what there is once a node (event log, drains), the
// process's signals, and the admin port. It serves no client.
//
// The admin port answers GET and HEAD of /metrics, /healthz and /readyz.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "gateway/edge/admin_pages.h"
#include "gateway/edge/options.h"
#include "metrics/probe.h"
#include "storage/executor.h"

namespace sluice::edge {

// Called on the home thread; empty ones leave their signals as they are.
struct SignalHandlers {
  std::function<void()> stop;    // SIGTERM, SIGINT, each time
  std::function<void()> reload;  // SIGHUP
};

// Keeps the signals above from every thread that is started later, but from the home thread: it
// hears them wherever the others wait. Call before anything starts a thread.
void BlockSignals();

class HomeThread final : public storage::Executor {
 public:
  HomeThread();
  ~HomeThread() override;  // stops

  void Post(Task task) override;

  // Before Start. UNAVAILABLE: the port cannot be had.
  absl::Status ServeAdmin(const AdminOptions& options, AdminPages pages);
  // With the port that was really bound.
  const std::string& admin_address() const;

  // Before Start.
  void HandleSignals(SignalHandlers handlers);

  // `tick` is told the time every 20 ms.
  void Start(std::function<void(Now now)> tick);
  void Stop();

  // What the admin port counts.
  const metrics::Source& metrics() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace sluice::edge
