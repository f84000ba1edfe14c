// SPDX-License-Identifier: Apache-2.0
//
// A worker's stream without gRPC: what it was asked is kept for the test to answer.
#pragma once

#include <deque>
#include <vector>

#include "gateway/hub/worker.h"

namespace sluice::fakes {

class FakeWorker final : public hub::WorkerLink {
 public:
  explicit FakeWorker(int64_t credit) : credit_(credit) {}

  int64_t free_credit() const override { return credit_; }
  bool TryReserve() override {
    if (credit_ <= 0) return false;
    --credit_;
    return true;
  }
  uint64_t Invoke(hub::Invocation invocation) override {
    calls_.push_back(invocation.call);
    invoked.push_back(std::move(invocation));
    return calls_.size();
  }
  void Cancel(uint64_t invocation) override { cancelled.push_back(calls_[invocation - 1]); }

  // Takes the oldest invocation and gives its credit back.
  hub::Invocation Next() {
    hub::Invocation next = std::move(invoked.front());
    invoked.pop_front();
    ++credit_;
    return next;
  }
  void AddCredit(int64_t credit) { credit_ += credit; }

  std::deque<hub::Invocation> invoked;
  std::vector<hub::CallKey> cancelled;

 private:
  std::vector<hub::CallKey> calls_;  // by what Invoke returned, less one
  int64_t credit_;
};

}  // namespace sluice::fakes
