// SPDX-License-Identifier: Apache-2.0
//
// The half of Borrower that ends calls: answered, given back, or lost.
#include <utility>

#include "control/borrower.h"
#include "control/worker_completions.h"
#include "control/worker_results.h"
#include "gateway/hub/shard.h"
#include "gateway/hub/shard_set.h"
#include "gateway/hub/workers.h"

namespace sluice::control {

using internal::v1::LendingMail;

void Borrower::Settle(const Peer& peer, LendingMail& mail) {
  std::vector<OwedResult> owed;
  std::vector<hub::LostWork> back(node_.shards.size());
  for (internal::v1::Outcome& outcome : *mail.mutable_outcomes()) {
    auto call = parts_.calls.End(outcome.number(), peer.node);
    if (!call) {
      probe_.cluster.outcomes_late.Add();
      continue;
    }
    hub::LostWork& work = back[call->key.shard()];
    switch (outcome.what_case()) {
      case internal::v1::Outcome::kResult:
        owed.push_back({call->key, outcome.mutable_result()});
        break;
      case internal::v1::Outcome::kReturned:
        probe_.cluster.errands_returned.Add();
        call->worker->Pause();
        work.unsent.push_back(TakeBack(call->key, std::move(*outcome.mutable_returned())));
        break;
      case internal::v1::Outcome::kTooLarge:
        CompleteTooLarge(node_, call->key, probe_);
        break;
      case internal::v1::Outcome::kLost:
      case internal::v1::Outcome::WHAT_NOT_SET:
        probe_.cluster.errands_lost.Add();
        work.sent.push_back(call->key);
        break;
    }
    call->worker->Release();
  }
  CompleteCalls(node_, owed, probe_);
  GiveBack(std::move(back));
}

void Borrower::Lose(std::vector<BorrowedCalls::Numbered> calls) {
  std::vector<hub::LostWork> back(node_.shards.size());
  probe_.cluster.errands_lost.Add(calls.size());
  for (const auto& [number, call] : calls) {
    back[call.key.shard()].sent.push_back(call.key);
    call.worker->Release();
  }
  GiveBack(std::move(back));
}

void Borrower::GiveBack(std::vector<hub::LostWork> work) {
  for (uint32_t i = 0; i < work.size(); ++i) {
    if (work[i].unsent.empty() && work[i].sent.empty()) continue;
    node_.shards.Post(i, [one = std::move(work[i])](hub::Shard& shard, Now now) mutable {
      shard.workers().GiveBack(std::move(one), now);
    });
  }
}

}  // namespace sluice::control
