// SPDX-License-Identifier: Apache-2.0
//
// Whether an object that belongs to one thread is used on it alone. Its owner asserts so where it
// is entered:
//
//   assert(thread_.IsCurrent());
//
// The first call binds it, so that an object may be built on one thread and used on another. It
// lies beside the executor and not in a room of threads, since the hub, whose objects it guards,
// must know none: there is no thread in this header. With NDEBUG it is empty and always content.
#pragma once

#include <atomic>
#include <cstdint>

namespace sluice {

class ThreadChecker {
 public:
#ifdef NDEBUG
  ThreadChecker() {}  // not trivial: else whoever only asserts with it is told that it is unused
  bool IsCurrent() const { return true; }
#else
  // Any thread.
  bool IsCurrent() const;

 private:
  mutable std::atomic<uint64_t> owner_{0};  // the thread's number; 0: none yet
#endif
};

}  // namespace sluice
