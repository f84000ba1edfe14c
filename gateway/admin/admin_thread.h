// SPDX-License-Identifier: Apache-2.0
//
// The admin port's own thread: it answers, and watches, while the threads that do the work may be
// stuck.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "gateway/admin/options.h"
#include "gateway/admin/page.h"
#include "metrics/probe.h"
#include "storage/time.h"

namespace sluice::admin {

class AdminThread {
 public:
  AdminThread();
  ~AdminThread();  // stops
  AdminThread(const AdminThread&) = delete;
  AdminThread& operator=(const AdminThread&) = delete;

  // Before Start. UNAVAILABLE: the port cannot be had. The pages are called on this thread.
  absl::Status Listen(const Options& options, Pages pages);
  // With the port that was really bound.
  const std::string& address() const;

  // `tick` is told the time every 20 ms.
  void Start(std::function<void(Now now)> tick);
  // Pages that have not answered yet may do so for ever after: nobody gets it.
  void Stop();

  // What the admin port counts.
  const metrics::Source& metrics() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace sluice::admin
