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

  int64_t outstanding() const override { return taken_; }
  hub::WorkerHealth& health() override { return health_; }
  bool TryReserve() override {
    if (gone_ || credit_ <= 0) return false;
    ++taken_;
    --credit_;
    return true;
  }
  struct Invoked : hub::Invocation {
    hub::Context context;
  };
  uint64_t Invoke(hub::Invocation& invocation, hub::Context context) override {
    if (gone_) return 0;
    calls_.push_back(invocation.call);
    invoked.push_back({std::move(invocation), std::move(context)});
    return calls_.size();
  }
  void Cancel(uint64_t invocation) override { cancelled.push_back(calls_[invocation - 1]); }

  // Takes the oldest invocation and gives its credit back.
  Invoked Next() {
    Invoked next = std::move(invoked.front());
    invoked.pop_front();
    ++credit_;
    --taken_;
    return next;
  }
  void AddCredit(int64_t credit) { credit_ += credit; }

  // Its stream ends: it takes nothing more. What it had, of one shard; the youngest `unsent` were
  // never written.
  void Go() { gone_ = true; }
  hub::LostWork LostOf(uint32_t shard, size_t unsent = 0) const {
    hub::LostWork lost;
    for (size_t i = 0; i < invoked.size(); ++i) {
      const Invoked& one = invoked[i];
      if (one.call.shard() != shard) continue;
      if (i + unsent < invoked.size()) {
        lost.sent.push_back(one.call);
      } else {
        lost.unsent.push_back({one.call, one.method, one.params});
      }
    }
    return lost;
  }

  metrics::SharedGauge ejected;  // 1 while it is

  std::deque<Invoked> invoked;
  std::vector<hub::CallKey> cancelled;

 private:
  std::vector<hub::CallKey> calls_;  // by what Invoke returned, less one
  int64_t credit_;
  int64_t taken_ = 0;
  bool gone_ = false;
  hub::WorkerHealth health_{{}, ejected};
};

}  // namespace sluice::fakes
