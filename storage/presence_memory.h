// SPDX-License-Identifier: Apache-2.0
//
// Presence of a single node, in its own memory: the default, and the model for the others. It never
// fails, and so loses nothing. An operation happens when its task runs on `home`.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "storage/presence.h"

namespace sluice::storage {

class MemoryPresence final : public Presence {
 public:
  MemoryPresence();
  ~MemoryPresence() override;

  void TryClaim(PresenceRecord record, ClaimPolicy policy, Executor& home,
                Done<Claim> done) override;
  void Keep(PresenceRecord record, ClaimPolicy policy) override;
  void Update(PresenceRecord record) override;
  void Release(const PresenceKey& key, const std::string& node, uint64_t session) override;
  void OnLost(Executor& home, Lost lost) override;  // of Keep alone
  void OnBuried(Executor&, Buried) override {}      // its only node cannot outlive itself
  void List(const std::string& space, const std::string& after, size_t limit, Executor& home,
            Done<std::vector<PresenceRecord>> done) override;
  void Count(const std::string& space, Executor& home, Done<size_t> done) override;
  WatchId Watch(const std::string& space, Executor& home, Watcher watcher) override;
  void Unwatch(WatchId watch) override;
  Health health() const override { return {}; }  // always well

  // Records in memory.
  size_t held() const;

 private:
  // Shared with the tasks that are under way, which may outlive this.
  class Table;
  std::shared_ptr<Table> table_;
};

}  // namespace sluice::storage
