// SPDX-License-Identifier: Apache-2.0
//
// An executor that runs nothing by itself: a test decides when, and what time
// it is then.
#pragma once

#include <cstddef>
#include <deque>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "storage/executor.h"

namespace sluice::fakes {

class ManualExecutor final : public storage::Executor {
 public:
  // Any thread.
  void Post(Task task) override {
    absl::MutexLock lock(&mutex_);
    tasks_.push_back(std::move(task));
  }

  // Runs the oldest task at `now`; false if there is none.
  bool RunOne(Now now) {
    Task task;
    {
      absl::MutexLock lock(&mutex_);
      if (tasks_.empty()) return false;
      task = std::move(tasks_.front());
      tasks_.pop_front();
    }
    std::move(task)(now);
    return true;
  }

  // Runs tasks at `now` until none is left, also those that they post; says how
  // many ran.
  size_t RunAll(Now now) {
    size_t ran = 0;
    while (RunOne(now)) ++ran;
    return ran;
  }

  size_t pending() const {
    absl::MutexLock lock(&mutex_);
    return tasks_.size();
  }

 private:
  mutable absl::Mutex mutex_;
  std::deque<Task> tasks_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace sluice::fakes
