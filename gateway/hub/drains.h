// SPDX-License-Identifier: Apache-2.0
//
// Closing many connections at a pace. A drain selects its connections once. When it is told to
// begin, it tells the shards, tick by tick, whose turn has come. Node thread only; time is told by
// Tick.
//
// A drain is an object. It has no name here, so whatever comes late from a shard reaches the drain
// that asked, or nobody.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/random/random.h"
#include "gateway/hub/close.h"
#include "gateway/hub/drain_order.h"
#include "gateway/hub/pacer.h"
#include "gateway/hub/selector.h"
#include "gateway/hub/shard_set.h"
#include "gateway/hub/types.h"
#include "storage/thread_checker.h"

namespace sluice::hub {

struct DrainPlan {
  bool everything = false;  // every connection of the node; the selector is not looked at
  Selector selector{};
  uint32_t jitter_percent = 0;
  CloseFrame frame{};                                // code 0: the dialect's own
  Duration grace = absl::ZeroDuration();             // for what is under way on a connection
  Instant latest = Instant::Future();                // when every grace is over
  bool refuse_new = false;                           // from now on until it ends
  Duration reconnect_window = absl::ZeroDuration();  // clients are advised to come back within
};

struct DrainView {
  enum class State : uint8_t { kRunning, kPaused, kDone, kCancelled };
  State state = State::kRunning;  // also before it begins
  bool selected = false;          // `matched` is known
  bool begun = false;
  uint64_t matched = 0;
  uint64_t closed = 0;
  uint64_t gone = 0;
  uint64_t finishing = 0;  // their turn has come, and they have not parted
  absl::Time started_at;
  absl::Time ended_at = absl::InfiniteFuture();  // infinite while it lasts
  bool ended() const { return state == State::kDone || state == State::kCancelled; }
};

// Whoever holds it may look at it; Drains keeps it until it has ended.
class Drain {
 public:
  const DrainView& view() const { return view_; }

 private:
  friend class Drains;
  DrainView view_;
  std::string refused_;  // the namespace that takes nobody while this lasts
  uint32_t jitter_percent_ = 0;
  Pacer pacer_;
  SharedDrainOrder order_;
  std::vector<SessionKey> keys_;  // whose turn has not come; taken from the end
};
using SharedDrain = std::shared_ptr<Drain>;

class Drains {
 public:
  // On the node's thread. The drain is selected; or it has ended before.
  using Selected = absl::AnyInvocable<void(Drain& drain, Now now)>;

  // `home` is the node thread's executor. Both outlive this.
  Drains(const ShardSet& shards, storage::Executor& home);

  // Begins to select; `selected` is told once. Nobody is closed before Begin.
  SharedDrain Select(DrainPlan plan, Now now, Selected selected);

  // Of a drain that is selected: from now on connections are closed. Once; then, and for a drain
  // that has ended, it does nothing.
  void Begin(Drain& drain, Pace pace, Now now);

  // Of a drain that has begun and not ended; for others it does nothing.
  void SetPace(Drain& drain, double per_second, Now now);

  // Nothing happens to a drain that has ended. Pause holds back whose turn has not come; Cancel
  // also spares those that have their grace.
  void Pause(Drain& drain, Now now);
  void Resume(Drain& drain, Now now);
  void Cancel(Drain& drain, Now now);

  // Call at least every 50 ms.
  void Tick(Now now);

  // Those that have not ended.
  size_t running() const;
  uint64_t closed_total() const { return closed_total_; }

 private:
  void Advance(Drain& drain, Now now);
  void CloseNext(Drain& drain, size_t count);
  void OnSelected(Drain& drain, const std::vector<std::vector<SessionKey>>& keys);
  void OnParted(Drain& drain, const DrainParted& parted, Now now);
  void End(Drain& drain, DrainView::State state, Now now);
  void Spare(const Drain& drain);
  void Refuse(const std::string& space, bool refuse);

  [[no_unique_address]] ThreadChecker thread_;
  const ShardSet& shards_;
  storage::Executor& home_;
  std::vector<SharedDrain> running_;     // and those that ended since the last Tick
  std::map<std::string, int> refusing_;  // how many drains refuse, by namespace
  absl::BitGen random_;
  uint64_t closed_total_ = 0;
};

}  // namespace sluice::hub
