// SPDX-License-Identifier: Apache-2.0
//
// The other nodes, as the hub knows them, over the broker. What they ask of this node comes in by
// Cluster. Thread-safe.
#pragma once

#include <string>

#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "control/cluster_probe.h"
#include "gateway/hub/elsewhere.h"
#include "gateway/hub/shard_set.h"
#include "storage/broker.h"
#include "storage/executor.h"

namespace sluice::control {

class ClusterElsewhere final : public hub::Elsewhere {
 public:
  // What is given outlives this. `patience`: how long another node is waited for
  // (--cluster-timeout).
  ClusterElsewhere(storage::Broker& broker, storage::Executor& home, absl::Duration patience,
                   ClusterProbe& probe)
      : broker_(broker), home_(home), patience_(patience), probe_(probe) {}

  // Before the threads start: whom to tell that a namespace is heard. `shards` outlives this.
  void Attach(const hub::ShardSet& shards) { shards_ = &shards; }

  bool Hear(const std::string& space, uint32_t shard) override;
  void Unhear(const std::string& space, uint32_t shard) override;
  void Say(const hub::SharedSaying& saying) override;
  void Displace(const storage::PresenceRecord& holder, hub::Heir heir) override;
  void ProbeHolder(const storage::PresenceRecord& holder, hub::Judged judged) override;

 private:
  template <typename Request, typename Response>
  void Ask(const storage::PresenceRecord& holder,
           absl::AnyInvocable<void(absl::StatusOr<Response>)> done);

  storage::Broker& broker_;
  storage::Executor& home_;
  const absl::Duration patience_;
  ClusterProbe& probe_;
  const hub::ShardSet* shards_ = nullptr;
};

}  // namespace sluice::control
