// SPDX-License-Identifier: Apache-2.0
//
// Backends that listen to channels. Each has a backlog with bounds (things and bytes); one that
// reads too slowly loses the oldest, and is told how many. Shards hand publications over through
// the PublicationTap, from any thread; everything else is the node thread's.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "gateway/hub/shard_types.h"
#include "storage/executor.h"

namespace sluice::hub {

class Exchange final : public PublicationTap {
 public:
  using SubscriberId = uint64_t;
  struct Options {
    size_t subscribers_max = 256;     // --subscribers-max
    size_t backlog_max = 10000;       // --subscriber-backlog, publications
    size_t backlog_bytes = 16 << 20;  // --subscriber-bytes, of each subscriber's backlog
  };
  struct Batch {
    std::vector<std::shared_ptr<const Publication>> publications;
    uint64_t lost = 0;     // lost just before the first
    uint64_t backlog = 0;  // that still wait
  };

  // `home` is the node thread's executor, and outlives this.
  Exchange(const Options& options, storage::Executor& home) : options_(options), home_(home) {}

  bool wanted() const override { return subscribed_.load(std::memory_order_relaxed) > 0; }
  void OnPublication(Publication publication) override;

  // `ready` is called when Take would return something, and not again before Take was called; take
  // until nothing comes. RESOURCE_EXHAUSTED: subscribers_max.
  absl::StatusOr<SubscriberId> Subscribe(std::string space, std::vector<std::string> channels,
                                         absl::AnyInvocable<void()> ready);
  // At most `max` publications, as many as fit into `bytes_max`. One that is larger by itself is
  // lost: its reader's library would not take it.
  Batch Take(SubscriberId id, size_t max, size_t bytes_max);
  void Unsubscribe(SubscriberId id);

  uint64_t lost_total() const { return lost_total_; }
  size_t subscribers() const { return subscribers_.size(); }

 private:
  struct Subscriber {
    std::string space;
    absl::flat_hash_set<std::string> channels;
    std::deque<std::shared_ptr<const Publication>> backlog;
    size_t bytes = 0;  // of the backlog
    uint64_t lost = 0;
    bool notified = false;
    absl::AnyInvocable<void()> ready;
  };
  void Deliver(const std::shared_ptr<const Publication>& publication);
  static std::shared_ptr<const Publication> Pop(Subscriber& subscriber);
  void Lose(Subscriber& subscriber);
  void Keep(Subscriber& subscriber, const std::shared_ptr<const Publication>& publication);

  Options options_;
  storage::Executor& home_;
  std::atomic<size_t> subscribed_{0};
  std::map<SubscriberId, Subscriber> subscribers_;
  SubscriberId next_ = 1;
  uint64_t lost_total_ = 0;
};

}  // namespace sluice::hub
