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
  void Invoke(hub::Invocation invocation) override { invoked.push_back(std::move(invocation)); }
  void Cancel(hub::CallKey call) override { cancelled.push_back(call); }

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
  int64_t credit_;
};

}  // namespace sluice::fakes
