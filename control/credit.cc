// SPDX-License-Identifier: Apache-2.0
#include "control/credit.h"

#include <algorithm>

namespace sluice::control {

bool Credit::Change(int64_t by) {
  const int64_t before = total();
  const int64_t after = std::clamp<int64_t>(before + by, 0, max_);
  total_.store(after, std::memory_order_relaxed);
  return Release(after - before);
}

bool Credit::TakeOne() {
  int64_t seen = free_.load();
  while (seen > 0) {
    if (free_.compare_exchange_weak(seen, seen - 1)) return true;
  }
  return false;
}

bool Credit::TryTake() {
  if (TakeOne()) return true;
  starved_.store(true);
  // Some may have come back between the two lines above, and nobody would be told of it. The mark
  // stays in any case: it may be another shard's by now, and to be told in vain costs little.
  return TakeOne();
}

bool Credit::Release(int64_t count) {
  int64_t now = free_.fetch_add(count) + count;
  return now > 0 && starved_.exchange(false);
}

}  // namespace sluice::control
