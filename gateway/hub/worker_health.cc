// SPDX-License-Identifier: Apache-2.0
#include "gateway/hub/worker_health.h"

#include <algorithm>

namespace sluice::hub {

WorkerHealth::~WorkerHealth() {
  if (ejected()) ejected_count_.Add(-1);
}

bool WorkerHealth::TakeProbe(Instant now) {
  if (state_.load(std::memory_order_relaxed) != kEjected) return false;
  absl::MutexLock lock(&mutex_);
  if (state_ != kEjected || now < until_) return false;
  state_ = kProbed;
  return true;
}

void WorkerHealth::ReturnProbe() {
  absl::MutexLock lock(&mutex_);
  if (state_ == kProbed) state_ = kEjected;
}

WorkerHealth::Change WorkerHealth::TimedOut(bool probe, Instant now) {
  if (rule_.timeouts == 0) return {};
  absl::MutexLock lock(&mutex_);
  // What it was given before its ejection, or because there is nobody else, says nothing new.
  if (state_ != kWell) return probe ? Eject(now) : Change{};
  if (++timeouts_ < rule_.timeouts) return {};
  // Having done well for as long as the longest ejection, it begins anew.
  if (now - readmitted_ >= rule_.longest) lasted_ = absl::ZeroDuration();
  return Eject(now);
}

WorkerHealth::Change WorkerHealth::Eject(Instant now) {
  if (state_ == kWell) ejected_count_.Add(1);
  lasted_ = std::min(std::max(lasted_ * 2, rule_.first), std::max(rule_.longest, rule_.first));
  state_ = kEjected;
  until_ = now + lasted_;
  timeouts_ = 0;
  return {Change::kEjected, lasted_};
}

WorkerHealth::Change WorkerHealth::Answered(bool probe, Instant now) {
  if (!probe) {
    if (timeouts_.load(std::memory_order_relaxed) > 0) timeouts_ = 0;
    return {};
  }
  absl::MutexLock lock(&mutex_);
  if (state_ != kProbed) return {};
  state_ = kWell;
  readmitted_ = now;
  ejected_count_.Add(-1);
  return {Change::kReadmitted};
}

}  // namespace sluice::hub
