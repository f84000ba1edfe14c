// SPDX-License-Identifier: Apache-2.0
//
// Puts workers' mistakes into the node's log, a line now and then, however many there are.
#pragma once

#include <cstdint>
#include <string_view>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "control/reports.h"
#include "gateway/runtime/log.h"
#include "gateway/server/seldom.h"

namespace sluice::server {

class WorkerLog final : public control::WorkerReports {
 public:
  // At most one line in `interval`; the next says how many it stands for. `log` outlives this.
  explicit WorkerLog(const runtime::Log& log, absl::Duration interval = absl::Seconds(5))
      : log_(log), lines_({.lines = 1, .interval = interval}) {}

  void UnknownResults(std::string_view worker, uint64_t id, uint64_t count) override;

 private:
  const runtime::Log& log_;
  absl::Mutex mutex_;
  Seldom lines_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace sluice::server
