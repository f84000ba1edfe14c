// SPDX-License-Identifier: Apache-2.0
//
// All shards of a node, for whoever is on another thread, and the way to other nodes: the only way
// to reach a session that is not one's own. Complete before the threads start, immutable and
// thread-safe from then on.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "gateway/hub/elsewhere.h"
#include "gateway/hub/neighbours.h"
#include "gateway/hub/types.h"
#include "storage/executor.h"
#include "storage/presence.h"

namespace sluice::hub {

class Shard;

class ShardSet final : public Neighbours {
 public:
  // Of the node of this name. `elsewhere` outlives this.
  ShardSet(std::string node, Elsewhere& elsewhere)
      : node_(std::move(node)), elsewhere_(elsewhere) {}

  // Before the threads start.
  void Add(Shard& shard, storage::Executor& executor) { shards_.push_back({&shard, &executor}); }

  size_t size() const { return shards_.size(); }
  Elsewhere& elsewhere() const { return elsewhere_; }

  // Runs `task(Shard&, now)` on one shard's thread.
  template <typename Task>
  void Post(uint32_t index, Task task) const {
    Shard* shard = shards_[index].shard;
    shards_[index].executor->Post(
        [shard, task = std::move(task)](Now now) mutable { task(*shard, now); });
  }

  // Runs `task(Shard&, now) -> R` on every shard, then `done(std::vector<R>, now)` on the thread of
  // the one that finishes last. `task` must be safe to call from several threads at once.
  template <typename Task, typename Done>
  void Gather(Task task, Done done) const {
    using Result = std::decay_t<std::invoke_result_t<Task&, Shard&, Now>>;
    auto state = std::make_shared<Gathering<Task, Done, Result>>(std::move(task), std::move(done),
                                                                 shards_.size());
    for (size_t i = 0; i < shards_.size(); ++i) {
      Shard* shard = shards_[i].shard;
      shards_[i].executor->Post([state, shard, i](Now now) { state->Run(*shard, i, now); });
    }
  }

  void ProbeHolder(const storage::PresenceRecord& holder, SessionKey newcomer) const override;
  void Displace(const storage::PresenceRecord& holder, SessionKey newcomer) const override;
  void StartWaitingCalls() const override;

  // The same, asked by another node about a session of this one.
  void ProbeHere(const storage::PresenceRecord& holder, Judged judged) const;
  void DisplaceHere(const storage::PresenceRecord& holder, Heir heir) const;

 private:
  struct Entry {
    Shard* shard;
    storage::Executor* executor;
  };

  template <typename Task, typename Done, typename Result>
  struct Gathering {
    Gathering(Task t, Done d, size_t count)
        : task(std::move(t)), done(std::move(d)), results(count), open(count) {}
    void Run(Shard& shard, size_t index, Now now) {
      results[index] = task(shard, now);
      if (open.fetch_sub(1, std::memory_order_acq_rel) == 1) done(std::move(results), now);
    }
    Task task;
    Done done;
    std::vector<Result> results;
    std::atomic<size_t> open;
  };

  const std::string node_;
  Elsewhere& elsewhere_;
  std::vector<Entry> shards_;
};

}  // namespace sluice::hub
