// SPDX-License-Identifier: Apache-2.0
//
// Presence of several nodes in one store that goes wrong in every way that the contract allows: a
// node's commands are under way for as long as the test likes, a node is cut off and comes back,
// is taken for dead though it lives, and the store forgets everything. One thread.
//
// Nobody watches, lists or counts here.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "storage/executor.h"
#include "storage/presence.h"
#include "storage/time.h"

namespace sluice::fakes {

class RoughPresence;

class RoughStore {
 public:
  using Name = std::pair<std::string, std::string>;  // namespace and id

  // A node that has let others come to what it held is told of it as lost, so long after, if the
  // heir has not said so itself.
  static constexpr absl::Duration kLate = absl::Seconds(10);

  // Nothing is left of anybody; nodes that are not cut off notice.
  void Forget();
  // What it held is free, as its lease has ended.
  void Bury(const std::string& node);
  void Tick(Now now);

  const std::map<Name, storage::PresenceRecord>& records() const { return records_; }

 private:
  friend class RoughPresence;
  std::map<Name, storage::PresenceRecord> records_;
  std::map<std::string, RoughPresence*> nodes_;  // that live
  std::vector<std::pair<Instant, storage::PresenceRecord>> late_;
  Now now_;
};

class RoughPresence final : public storage::Presence {
 public:
  RoughPresence(RoughStore& store, std::string node);

  // The oldest command reaches the store, or fails if it cannot; false: none is under way.
  bool Step();
  // Until Mend, commands fail. `ghosts`: claims that fail may have reached the store all the same.
  void Cut(bool ghosts);
  void Mend();
  // The node is no more.
  void Die();

  void TryClaim(storage::PresenceRecord record, storage::ClaimPolicy policy,
                storage::Executor& home, Done<storage::Claim> done) override;
  void Keep(storage::PresenceRecord record, storage::ClaimPolicy policy) override;
  void Update(storage::PresenceRecord record) override;
  void Release(const storage::PresenceKey& key, const std::string& node, uint64_t session) override;
  void OnLost(storage::Executor& home, Lost lost) override;
  void OnBuried(storage::Executor&, Buried) override {}
  void List(const std::string&, const std::string&, size_t, storage::Executor&,
            Done<std::vector<storage::PresenceRecord>>) override {}
  void Count(const std::string&, storage::Executor&, Done<size_t>) override {}
  WatchId Watch(const std::string&, storage::Executor&, Watcher) override { return 0; }
  void Unwatch(WatchId) override {}
  storage::Health health() const override { return {}; }

 private:
  friend class RoughStore;
  struct Held {
    storage::PresenceRecord record;
    storage::ClaimPolicy policy;
  };
  struct Loser {
    storage::Executor* home;
    std::shared_ptr<Lost> lost;
  };

  absl::StatusOr<storage::Claim> Claim(const storage::PresenceRecord& record,
                                       storage::ClaimPolicy policy);
  void ClaimAll();
  void ClaimAgain(const RoughStore::Name& name);
  void TellLost(const storage::PresenceRecord& record);
  std::optional<Held> Drop(const RoughStore::Name& name, uint64_t session);

  RoughStore& store_;
  const std::string node_;
  bool cut_ = false;
  bool ghosts_ = false;
  std::deque<std::function<void()>> line_;
  std::map<RoughStore::Name, Held> held_;  // as far as this node goes
  std::vector<Loser> losers_;
};

}  // namespace sluice::fakes
