// SPDX-License-Identifier: Apache-2.0
//
// Backends that listen to channels. Each has a backlog with bounds (things and bytes); one that
// reads too slowly loses the oldest, and is told how many. Shards hand publications over through
// the PublicationTap, from any thread; what has no room on its way to the node thread is lost, too,
// the newest then. Everything else is the node thread's.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "gateway/hub/options.h"
#include "gateway/hub/shard_types.h"
#include "metrics/probe.h"
#include "storage/executor.h"
#include "storage/thread_checker.h"

namespace sluice::hub {

class Subscribers final : public PublicationTap {
 public:
  using Id = uint64_t;
  using Options = SubscribersOptions;
  struct Batch {
    std::vector<std::shared_ptr<const Publication>> publications;
    uint64_t lost = 0;     // lost just before the first
    uint64_t backlog = 0;  // that still wait
  };

  // `home` is the node thread's executor, and outlives this.
  Subscribers(const Options& options, storage::Executor& home) : options_(options), home_(home) {}

  bool wanted() const override { return subscribed_.load(std::memory_order_relaxed) > 0; }
  void OnPublication(Publication publication) override;

  // `ready` is called when Take would return something, and not again before Take was called; take
  // until nothing comes. RESOURCE_EXHAUSTED: subscribers_max.
  absl::StatusOr<Id> Subscribe(std::string space, std::vector<std::string> channels,
                               absl::AnyInvocable<void()> ready);
  // At most `max` publications, as many as fit into `bytes_max`. One that is larger by itself is
  // lost: its reader's library would not take it.
  Batch Take(Id id, size_t max, size_t bytes_max);
  void Unsubscribe(Id id);
  // Something that other nodes said in the namespace may be missing, nobody knows how much: told to
  // each of its subscribers as one that was lost.
  void TellGap(const std::string& space);

  // Any thread: publications that did not fit into queue_bytes.
  uint64_t dropped_total() const { return dropped_.value(); }

 private:
  using Shared = std::shared_ptr<const Publication>;
  struct Kept {
    Shared publication;
    uint64_t lost = 0;  // just before it
  };
  struct Subscriber {
    std::string space;
    absl::flat_hash_set<std::string> channels;
    std::deque<Kept> backlog;
    size_t bytes = 0;          // of the backlog
    uint64_t lost = 0;         // just before the backlog
    uint64_t lost_behind = 0;  // behind it
    bool notified = false;
    absl::AnyInvocable<void()> ready;
  };
  // Those who listen to one channel.
  struct Audience {
    size_t subscribers = 0;
    uint64_t lost = 0;  // on its way, and not told yet
  };
  // By namespace and channel.
  using Audiences = absl::flat_hash_map<std::string, absl::flat_hash_map<std::string, Audience>>;
  bool Queue(Publication publication);
  void Fetch();
  void Deliver(const Shared& publication);
  void TellLost(const std::string& space, const std::string& channel, uint64_t count);
  void TellLost(Subscriber& subscriber, uint64_t count);
  void Notify(Subscriber& subscriber);
  static Shared Pop(Subscriber& subscriber);
  void Lose(Subscriber& subscriber);
  void Keep(Subscriber& subscriber, const Shared& publication);

  // For all but what the mutex guards.
  [[no_unique_address]] ThreadChecker thread_;
  Options options_;
  storage::Executor& home_;
  std::atomic<size_t> subscribed_{0};
  std::map<Id, Subscriber> by_id_;
  Id next_ = 1;

  // On their way from the shards; what is lost is lost behind `queue_`.
  absl::Mutex mutex_;
  std::vector<Shared> queue_ ABSL_GUARDED_BY(mutex_);
  size_t queue_bytes_ ABSL_GUARDED_BY(mutex_) = 0;
  bool full_ ABSL_GUARDED_BY(mutex_) = false;
  bool posted_ ABSL_GUARDED_BY(mutex_) = false;
  Audiences audiences_ ABSL_GUARDED_BY(mutex_);
  metrics::SharedCounter dropped_;
};

}  // namespace sluice::hub
