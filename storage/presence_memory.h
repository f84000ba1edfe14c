// SPDX-License-Identifier: Apache-2.0
//
// Presence of a single node, in its own memory: the default, and the model for
// the others.
//
// Nobody but the executors tells it the time: an operation happens when its
// task runs on `home`, and the newest time told anywhere decides which leases
// are over. Expired records are invisible at once and are swept away a few at a
// time by the calls that follow.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "storage/presence.h"

namespace sluice::storage {

class MemoryPresence final : public Presence {
 public:
  struct Options {
    absl::Duration lease = absl::Seconds(60);  // --presence-lease
  };

  explicit MemoryPresence(const Options& options);
  ~MemoryPresence() override;

  void TryClaim(PresenceRecord record, ClaimPolicy policy, Executor& home,
                Done<Claim> done) override;
  void Update(PresenceRecord record) override;
  void Renew(std::vector<PresenceRecord> records, Executor& home,
             Done<std::vector<PresenceRecord>> done) override;
  void Release(const PresenceKey& key, const std::string& node, uint64_t session) override;
  void Get(const PresenceKey& key, Executor& home, Done<PresenceRecord> done) override;
  void List(const std::string& space, const std::string& after, size_t limit, Executor& home,
            Done<std::vector<PresenceRecord>> done) override;
  WatchId Watch(const std::string& space, Executor& home, Watcher watcher) override;
  void Unwatch(WatchId watch) override;
  void Count(const std::string& space, Executor& home, Done<uint64_t> done) override;

  // Records in memory, those included whose lease is over and which no sweep
  // has reached.
  size_t held() const;

 private:
  // Shared with the tasks that are under way, which may outlive this.
  class Table;
  std::shared_ptr<Table> table_;
};

}  // namespace sluice::storage
