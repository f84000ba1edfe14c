// SPDX-License-Identifier: Apache-2.0
#include "control/worker_book.h"

#include <algorithm>
#include <utility>

#include "control/worker_results.h"

namespace sluice::control {
namespace {

constexpr size_t kNumberBytesMax = 11;  // a tag and a varint of 64 bits

}  // namespace

uint64_t WorkerBook::Give(hub::CallKey call, v1::Invocation invocation, size_t bytes) {
  const uint64_t number = Skip();
  owed_.emplace(number, call);
  invocation.set_id(number);
  outbox_.Add(std::move(invocation), bytes + kNumberBytesMax);
  return number;
}

uint64_t WorkerBook::Give(Errand errand, v1::Invocation invocation, size_t bytes) {
  const uint64_t number = Skip();
  by_errand_[{errand.node, errand.number}] = number;
  errands_.emplace(number, std::move(errand));
  invocation.set_id(number);
  outbox_.Add(std::move(invocation), bytes + kNumberBytesMax);
  return number;
}

bool WorkerBook::Cancel(uint64_t number) {
  if (!owed_.contains(number)) return false;
  outbox_.AddCancelled(number);
  return true;
}

std::optional<hub::CallKey> WorkerBook::Settle(uint64_t number) {
  auto owed = owed_.find(number);
  if (owed == owed_.end()) return std::nullopt;
  const hub::CallKey call = owed->second;
  owed_.erase(owed);
  return call;
}

std::optional<Errand> WorkerBook::SettleErrand(uint64_t number) {
  auto owed = errands_.find(number);
  if (owed == errands_.end()) return std::nullopt;
  Errand errand = std::move(owed->second);
  errands_.erase(owed);
  by_errand_.erase({errand.node, errand.number});
  return errand;
}

bool WorkerBook::CancelErrand(const std::string& node, uint64_t number) {
  auto found = by_errand_.find({node, number});
  if (found == by_errand_.end()) return false;
  outbox_.AddCancelled(found->second);
  return true;
}

size_t WorkerBook::CancelErrands(const std::string& node) {
  size_t count = 0;
  for (const auto& [number, errand] : errands_) {
    if (errand.node != node) continue;
    outbox_.AddCancelled(number);
    ++count;
  }
  return count;
}

std::vector<hub::LostWork> WorkerBook::TakeLost(size_t shards, LostErrands& errands) {
  std::vector<hub::LostWork> lost(shards);
  for (v1::Invocation& waiting : outbox_.TakeInvocations()) {
    // A worker may have answered it unread, having guessed its number.
    if (auto call = Settle(waiting.id())) {
      lost[call->shard()].unsent.push_back(TakeBack(*call, std::move(waiting)));
    } else if (auto errand = SettleErrand(waiting.id())) {
      errands.unsent.push_back({*std::move(errand), std::move(waiting)});
    }
  }
  for (auto& [number, errand] : errands_) errands.sent.push_back(std::move(errand));
  errands_.clear();
  by_errand_.clear();
  std::vector<std::pair<uint64_t, hub::CallKey>> sent(owed_.begin(), owed_.end());
  owed_.clear();
  std::sort(sent.begin(), sent.end(),
            [](const auto& a, const auto& b) { return a.first < b.first; });
  for (const auto& [number, call] : sent) lost[call.shard()].sent.push_back(call);
  return lost;
}

}  // namespace sluice::control
