// SPDX-License-Identifier: Apache-2.0
//
// Closing many connections at a pace. A drain knows the keys it selected and, tick by tick, tells
// the shards whose turn has come. Node thread only; time is told by Tick.
//
// What shards answer finds its drain by identity, never by name: by the time it is here, the drain
// may have been cancelled and forgotten, and another may have its id.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/random/random.h"
#include "absl/status/statusor.h"
#include "gateway/hub/close.h"
#include "gateway/hub/drain_order.h"
#include "gateway/hub/selector.h"
#include "gateway/hub/shard_set.h"
#include "gateway/hub/types.h"

namespace sluice::hub {

struct DrainPlan {
  std::string id{};         // empty: one is made
  bool everything = false;  // every connection of the node; the selector is not looked at
  Selector selector{};
  uint32_t per_second = 1;
  uint32_t jitter_percent = 0;
  CloseFrame frame{};                     // code 0: the dialect's own
  Duration grace = absl::ZeroDuration();  // for what is under way on a connection
  Instant latest = Instant::Future();     // when every grace is over
  bool refuse_new = false;

  friend bool operator==(const DrainPlan&, const DrainPlan&) = default;
};

struct DrainView {
  enum class State : uint8_t { kRunning, kPaused, kDone, kCancelled };
  std::string id;
  State state = State::kRunning;
  uint32_t per_second = 0;
  uint64_t matched = 0;
  uint64_t closed = 0;
  uint64_t gone = 0;
  uint64_t finishing = 0;  // their turn has come, and they have not parted
  absl::Time started_at;
  absl::Time ended_at = absl::InfiniteFuture();  // infinite while it lasts
  bool refuse_new = false;
  bool ended() const { return state == State::kDone || state == State::kCancelled; }
};

class Drains {
 public:
  struct Options {
    size_t kept_max = 100;  // --drains-max: running and ended together
  };
  // On the node's thread.
  using Started = absl::AnyInvocable<void(absl::StatusOr<DrainView>)>;
  using Watch = absl::AnyInvocable<void(const DrainView&)>;

  // `home` is the node thread's executor. Both outlive this.
  Drains(const Options& options, const ShardSet& shards, storage::Executor& home);
  ~Drains();

  // Selects, then begins; `started` is told once, when the selection is made, or when the drain was
  // cancelled before. The same plan under the
  // same id again leads to the drain that it began. ALREADY_EXISTS: the id names a drain with
  // another plan. RESOURCE_EXHAUSTED: kept_max are running.
  void Start(DrainPlan plan, Now now, Started started);

  // NOT_FOUND; for the last three also FAILED_PRECONDITION: it has ended.
  absl::StatusOr<DrainView> Get(const std::string& id) const;
  // Pause holds back whose turn has not come; Cancel also spares those that have their grace.
  absl::StatusOr<DrainView> Pause(const std::string& id, Now now);
  absl::StatusOr<DrainView> Resume(const std::string& id, Now now);
  absl::StatusOr<DrainView> Cancel(const std::string& id, Now now);

  // Calls `watch` now, then at most every 100 ms while the drain changes, and once when it ended.
  // NOT_FOUND. The returned id is for Unwatch; an ended drain's watchers are forgotten.
  absl::StatusOr<uint64_t> AddWatch(const std::string& id, Watch watch);
  void Unwatch(uint64_t watch);

  // Call at least every 50 ms.
  void Tick(Now now);

  size_t running() const;
  uint64_t closed_total() const { return closed_total_; }

 private:
  struct Drain;
  using SharedDrain = std::shared_ptr<Drain>;
  absl::StatusOr<Drain*> Find(const std::string& id) const;
  absl::StatusOr<Drain*> FindRunning(const std::string& id) const;
  bool MakeRoom();
  SharedDrain Make(DrainPlan plan, Now now);
  void Select(const SharedDrain& drain);
  void Begin(Drain& drain, const std::vector<std::vector<SessionKey>>& keys, Now now);
  void Advance(Drain& drain, Now now);
  void CloseNext(Drain& drain, size_t count);
  void OnParted(Drain& drain, const DrainParted& parted, Now now);
  void End(Drain& drain, DrainView::State state, Now now);
  void Spare(const Drain& drain);
  void Refuse(const Drain& drain, bool refuse);
  static void TellStarted(Drain& drain);
  static void Notify(Drain& drain, Now now);

  Options options_;
  const ShardSet& shards_;
  storage::Executor& home_;
  std::map<std::string, SharedDrain> drains_;
  std::map<std::string, int> refusing_;  // how many drains refuse, by namespace
  absl::BitGen random_;
  uint64_t next_id_ = 1;
  uint64_t next_watch_ = 1;
  uint64_t closed_total_ = 0;
};

}  // namespace sluice::hub
