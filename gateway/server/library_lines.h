// SPDX-License-Identifier: Apache-2.0
//
// Puts what libraries say into the log: so many lines a second, for strangers can make them talk.
#pragma once

#include <cstdint>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "control/library_log.h"
#include "gateway/runtime/log.h"

namespace sluice::server {

class LibraryLines {
 public:
  static constexpr int kPerSecond = 50;

  explicit LibraryLines(const runtime::Log& log) : log_(log) {}

  // Any thread. What is too much is counted, and told with the next line that is not.
  void Take(const control::LibraryLine& line, absl::Time now);

 private:
  // How many were left out before this one; less than 0: this one is left out as well.
  int64_t Admit(absl::Time now);

  const runtime::Log& log_;
  absl::Mutex mutex_;
  absl::Time second_ ABSL_GUARDED_BY(mutex_);  // begin of the second that is counted
  int taken_ ABSL_GUARDED_BY(mutex_) = 0;
  int64_t left_out_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace sluice::server
