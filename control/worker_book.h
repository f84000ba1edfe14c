// SPDX-License-Identifier: Apache-2.0
//
// What one worker was given and has not answered: which calls it owes, by the numbers that its
// stream has for them, and what waits to be written to it. A value; not thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "control/errand.h"
#include "control/limits.h"
#include "control/worker_outbox.h"
#include "gateway/hub/worker.h"
#include "sluice/v1/workers.pb.h"

namespace sluice::control {

class WorkerBook {
 public:
  // `limits` outlive it.
  explicit WorkerBook(const Limits& limits) : outbox_(limits) {}

  // Queues `invocation`, which has `bytes`, and from now on `call` is owed. Returns its number,
  // never 0.
  uint64_t Give(hub::CallKey call, v1::Invocation invocation, size_t bytes);
  // The same for a client of another node.
  uint64_t Give(Errand errand, v1::Invocation invocation, size_t bytes);
  // A number that nothing is owed for.
  uint64_t Skip() { return ++last_; }
  // Queues that nobody waits for it any more. False: it is not owed.
  bool Cancel(uint64_t number);
  // It is answered: the call that was owed; nothing, if none was.
  std::optional<hub::CallKey> Settle(uint64_t number);
  std::optional<Errand> SettleErrand(uint64_t number);
  bool settled() const { return owed_.empty() && errands_.empty(); }  // nothing is owed

  // Queues that nobody waits any more for that errand of that node; for any of its errands, and how
  // many these are. They are still owed.
  bool CancelErrand(const std::string& node, uint64_t number);
  size_t CancelErrands(const std::string& node);

  // Of each of so many shards, in the order in which it was given, and of other nodes; then nothing
  // is owed, and no invocation waits.
  std::vector<hub::LostWork> TakeLost(size_t shards, LostErrands& errands);

  // What else is said to the worker goes there, and what is written comes from there.
  WorkerOutbox& outbox() { return outbox_; }

 private:
  WorkerOutbox outbox_;
  // A client library may read 64-bit integers as doubles, so the numbers count from 1 instead of
  // being the calls' keys.
  absl::flat_hash_map<uint64_t, hub::CallKey> owed_;
  absl::flat_hash_map<uint64_t, Errand> errands_;                              // owed as well
  absl::flat_hash_map<std::pair<std::string, uint64_t>, uint64_t> by_errand_;  // their numbers
  uint64_t last_ = 0;
};

}  // namespace sluice::control
