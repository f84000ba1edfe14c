// SPDX-License-Identifier: Apache-2.0
#include "control/borrowed_calls.h"

#include <algorithm>
#include <utility>

#include "control/borrowed_worker.h"

namespace sluice::control {

uint64_t BorrowedCalls::Begin(Call call) {
  absl::MutexLock lock(&mutex_);
  calls_.emplace(++last_, std::move(call));
  return last_;
}

uint64_t BorrowedCalls::Skip() {
  absl::MutexLock lock(&mutex_);
  return ++last_;
}

std::optional<BorrowedCalls::Call> BorrowedCalls::End(uint64_t number, const std::string& node) {
  absl::MutexLock lock(&mutex_);
  auto found = calls_.find(number);
  if (found == calls_.end() || found->second.worker->peer().node != node) return std::nullopt;
  Call call = std::move(found->second);
  calls_.erase(found);
  return call;
}

std::vector<BorrowedCalls::Numbered> BorrowedCalls::EndAll(const std::string& node) {
  std::vector<Numbered> ended;
  {
    absl::MutexLock lock(&mutex_);
    absl::erase_if(calls_, [&](auto& one) {
      if (!node.empty() && one.second.worker->peer().node != node) return false;
      ended.push_back({one.first, std::move(one.second)});
      return true;
    });
  }
  std::sort(ended.begin(), ended.end(),
            [](const Numbered& a, const Numbered& b) { return a.number < b.number; });
  return ended;
}

size_t BorrowedCalls::size() const {
  absl::MutexLock lock(&mutex_);
  return calls_.size();
}

}  // namespace sluice::control
