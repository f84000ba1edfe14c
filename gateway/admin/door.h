// SPDX-License-Identifier: Apache-2.0
//
// The way to a thread for those who may come when it is gone. Who keeps an executor must not
// outlive it; who shares a door may.
#pragma once

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "storage/executor.h"

namespace sluice::admin {

// Thread-safe.
class Door {
 public:
  // The executor is there until Close has returned.
  explicit Door(storage::Executor& executor) : executor_(&executor) {}

  // Posts to the executor; once the door is closed, the task is destroyed unrun.
  void Post(storage::Executor::Task task);
  void Close();

 private:
  absl::Mutex mutex_;
  storage::Executor* executor_ ABSL_GUARDED_BY(mutex_);  // none: closed
};

}  // namespace sluice::admin
