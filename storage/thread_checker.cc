// SPDX-License-Identifier: Apache-2.0
#include "storage/thread_checker.h"

#ifndef NDEBUG

namespace sluice {
namespace {

// Never given twice, unlike the system's ids, which go to a later thread when one has ended.
std::atomic<uint64_t> numbers{0};
thread_local const uint64_t own_number = ++numbers;

}  // namespace

bool ThreadChecker::IsCurrent() const {
  uint64_t owner = 0;
  if (owner_.compare_exchange_strong(owner, own_number, std::memory_order_relaxed)) return true;
  return owner == own_number;
}

}  // namespace sluice

#endif
