// SPDX-License-Identifier: Apache-2.0
//
// Tells ThreadSanitizer what Abseil's locks order. Debian's Abseil is not instrumented, so without
// this everything that an absl::Mutex guards looks like a race. The linker puts these wrappers in
// front of the functions that absl.bzl lists; an entry there and one here belong together.
#include <sanitizer/tsan_interface.h>

#include "absl/synchronization/blocking_counter.h"
#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"
#include "absl/time/time.h"

// Declares the function behind a symbol of Abseil as Real<name>, and what replaces it as
// Wrap<name>.
#define WRAPPED(result, name, symbol, ...)                     \
  result Real##name(__VA_ARGS__) __asm__("__real__ZN" symbol); \
  result Wrap##name(__VA_ARGS__) __asm__("__wrap__ZN" symbol); \
  result Wrap##name

namespace {

// What happens while a wait has given the lock away and taken it again.
template <typename Wait>
auto Reacquire(void* lock, Wait wait) {
  __tsan_release(lock);
  struct Acquire {
    void* lock;
    ~Acquire() { __tsan_acquire(lock); }
  } acquire{lock};
  return wait();
}

}  // namespace

using absl::BlockingCounter;
using absl::Condition;
using absl::CondVar;
using absl::Duration;
using absl::Mutex;
using absl::Notification;

WRAPPED(void, Lock, "4absl7debian35Mutex4LockEv", Mutex*)(Mutex* mutex) {
  RealLock(mutex);
  __tsan_acquire(mutex);
}

WRAPPED(bool, TryLock, "4absl7debian35Mutex7TryLockEv", Mutex*)(Mutex* mutex) {
  const bool locked = RealTryLock(mutex);
  if (locked) __tsan_acquire(mutex);
  return locked;
}

WRAPPED(void, Unlock, "4absl7debian35Mutex6UnlockEv", Mutex*)(Mutex* mutex) {
  __tsan_release(mutex);
  RealUnlock(mutex);
}

WRAPPED(void, ReaderLock, "4absl7debian35Mutex10ReaderLockEv", Mutex*)(Mutex* mutex) {
  RealReaderLock(mutex);
  __tsan_acquire(mutex);
}

WRAPPED(void, ReaderUnlock, "4absl7debian35Mutex12ReaderUnlockEv", Mutex*)(Mutex* mutex) {
  __tsan_release(mutex);
  RealReaderUnlock(mutex);
}

WRAPPED(void, LockWhen, "4absl7debian35Mutex8LockWhenERKNS0_9ConditionE", Mutex*,
        const Condition&)(Mutex* mutex, const Condition& condition) {
  RealLockWhen(mutex, condition);
  __tsan_acquire(mutex);
}

WRAPPED(void, Await, "4absl7debian35Mutex5AwaitERKNS0_9ConditionE", Mutex*,
        const Condition&)(Mutex* mutex, const Condition& condition) {
  Reacquire(mutex, [&] { RealAwait(mutex, condition); });
}

WRAPPED(bool, AwaitWithTimeout,
        "4absl7debian35Mutex16AwaitWithTimeoutERKNS0_9ConditionENS0_8DurationE", Mutex*,
        const Condition&, Duration)(Mutex* mutex, const Condition& condition, Duration timeout) {
  return Reacquire(mutex, [&] { return RealAwaitWithTimeout(mutex, condition, timeout); });
}

WRAPPED(void, Wait, "4absl7debian37CondVar4WaitEPNS0_5MutexE", CondVar*, Mutex*)(CondVar* variable,
                                                                                 Mutex* mutex) {
  Reacquire(mutex, [&] { RealWait(variable, mutex); });
}

WRAPPED(bool, WaitWithTimeout, "4absl7debian37CondVar15WaitWithTimeoutEPNS0_5MutexENS0_8DurationE",
        CondVar*, Mutex*, Duration)(CondVar* variable, Mutex* mutex, Duration timeout) {
  return Reacquire(mutex, [&] { return RealWaitWithTimeout(variable, mutex, timeout); });
}

WRAPPED(void, Notify, "4absl7debian312Notification6NotifyEv", Notification*)(Notification* event) {
  __tsan_release(event);
  RealNotify(event);
}

WRAPPED(void, WaitFor, "K4absl7debian312Notification19WaitForNotificationEv",
        Notification*)(Notification* event) {
  RealWaitFor(event);
  __tsan_acquire(event);
}

WRAPPED(bool, WaitForTimeout,
        "K4absl7debian312Notification30WaitForNotificationWithTimeoutENS0_8DurationE",
        Notification*, Duration)(Notification* event, Duration timeout) {
  const bool notified = RealWaitForTimeout(event, timeout);
  if (notified) __tsan_acquire(event);
  return notified;
}

WRAPPED(bool, Decrement, "4absl7debian315BlockingCounter14DecrementCountEv",
        BlockingCounter*)(BlockingCounter* counter) {
  __tsan_release(counter);
  return RealDecrement(counter);
}

WRAPPED(void, WaitForAll, "4absl7debian315BlockingCounter4WaitEv",
        BlockingCounter*)(BlockingCounter* counter) {
  RealWaitForAll(counter);
  __tsan_acquire(counter);
}
