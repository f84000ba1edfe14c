// SPDX-License-Identifier: Apache-2.0
//
// Presence of many nodes on one Redis.
//
//  - Each claim, change and end of a record is one script on one key, the set of its namespace.
//  - A node holds its records as long as the others do not call it dead (nodes.h); a record costs
//  no
//    command to be kept.
//  - What changes is published by the script that changes it, and told once (mirrors.h).
//  - What Redis forgets is claimed again by whoever holds it (holdings.h); until then health() says
//    so. Of two who hold the same then, the policy of the one that comes later decides, as for any
//    claim, but that only a younger connection takes over; the other is told as lost.
//  - While Redis is away claims fail, and lists do; nothing that is held is given up.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "metrics/probe.h"
#include "storage/presence.h"
#include "storage/redis/nodes.h"
#include "storage/redis/thread.h"

namespace sluice::storage::redis {

class RedisPresence final : public Presence {
 public:
  // `sharded`: Redis is a cluster. Both others outlive this; it goes after Thread::Stop.
  RedisPresence(Thread& thread, Nodes& nodes, bool sharded);
  ~RedisPresence() override;

  // On the thread: the client's on_new_master and tick lead here, after the nodes' own.
  void OnNewMaster();
  void Tick(Now now);

  // The node of all records that are claimed is this one.
  void TryClaim(PresenceRecord record, ClaimPolicy policy, Executor& home,
                Done<Claim> done) override;
  void Keep(PresenceRecord record, ClaimPolicy policy) override;
  void Update(PresenceRecord record) override;
  void Release(const PresenceKey& key, const std::string& node, uint64_t session) override;
  void OnLost(Executor& home, Lost lost) override;
  void OnBuried(Executor& home, Buried buried) override;
  void List(const std::string& space, const std::string& after, size_t limit, Executor& home,
            Done<std::vector<PresenceRecord>> done) override;
  void Count(const std::string& space, Executor& home, Done<size_t> done) override;
  WatchId Watch(const std::string& space, Executor& home, Watcher watcher) override;
  void Unwatch(WatchId watch) override;
  // Degraded: Redis is away, another node has this one's name, or something is not claimed again.
  Health health() const override;

  // Any thread.
  const metrics::Source& metrics() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace sluice::storage::redis
