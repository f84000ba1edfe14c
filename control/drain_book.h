// SPDX-License-Identifier: Apache-2.0
//
// The drains of this node by their ids: the only place that knows them by name. It remembers who
// asked for what, so that the same request again finds the drain that it started (AIP-155). Home
// thread only.
//
// An id may be given again once its drain is forgotten. So a drain is named by its id and by when
// it started, which no other drain of this node shares.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "control/done.h"
#include "control/drain_shares.h"
#include "control/limits.h"
#include "sluice/v1/control.pb.h"
#include "storage/thread_checker.h"
#include "storage/time.h"

namespace sluice::hub {
class Drain;
struct DrainPlan;
class Drains;
}  // namespace sluice::hub

namespace sluice::control {

class DrainBook {
 public:
  // `drains` outlives this.
  DrainBook(const Limits& limits, hub::Drains& drains)
      : kept_max_(limits.drains_max), kept_bytes_(limits.drains_bytes), drains_(drains) {}

  // Selects; `done` is told the drain with what matched, or, if it was cancelled meanwhile, as it
  // ended. Nobody is closed before Begin; if that does not come within `patience`, the drain is
  // forgotten as if it had never been. `request` has an id.
  //   ALREADY_EXISTS      DRAIN_ID_TAKEN
  //   RESOURCE_EXHAUSTED  DRAINS_EXHAUSTED
  void Select(const v1::StartDrainRequest& request, hub::DrainPlan plan, absl::Duration patience,
              Now now, Done<v1::Drain> done);

  // The drain that Select answered with. One that has begun already, or ended, stays as it is.
  // NOT_FOUND DRAIN_NOT_FOUND.
  absl::StatusOr<v1::Drain> Begin(const std::string& id, absl::Time started_at, DrainShares shares,
                                  Now now);
  // It does not begin after all, and is forgotten. As Begin.
  absl::StatusOr<v1::Drain> Abandon(const std::string& id, absl::Time started_at, Now now);

  // A node is gone: who shared a pace with it shares it anew.
  void OnGone(const std::string& node, Now now);

  // NOT_FOUND DRAIN_NOT_FOUND; but for Get, FAILED_PRECONDITION DRAIN_ENDED.
  absl::StatusOr<v1::Drain> Get(const std::string& id) const;
  // Those that have begun or ended, by id behind `after`, at most so many.
  std::vector<v1::Drain> List(const std::string& after, size_t limit) const;
  absl::StatusOr<v1::Drain> Pause(const std::string& id, Now now);
  absl::StatusOr<v1::Drain> Resume(const std::string& id, Now now);
  absl::StatusOr<v1::Drain> Cancel(const std::string& id, Now now);

  // Call at least every 50 ms. Ticks the drains, too.
  void Tick(Now now);
  // Calls `task` once, at the end of the next Tick.
  void OnNextTick(absl::AnyInvocable<void(Now)> task);

 private:
  struct Entry {
    v1::StartDrainRequest request;
    size_t bytes = 0;  // what the request holds
    absl::Time started_at;
    Instant begin_by;
    std::shared_ptr<hub::Drain> drain;
    DrainShares shares;                    // once it has begun
    std::set<std::string> gone;            // nodes, before it has
    std::vector<Done<v1::Drain>> waiting;  // for the selection
    bool pending() const;
  };
  using Entries = std::map<std::string, std::shared_ptr<Entry>>;

  absl::StatusOr<Entry*> Find(const std::string& id) const;
  absl::StatusOr<Entries::iterator> FindStarted(const std::string& id, absl::Time started_at);
  absl::StatusOr<Entry*> FindRunning(const std::string& id) const;
  absl::Time NextStart(absl::Time date);
  bool MakeRoom(size_t bytes);
  Entries::iterator Forget(Entries::iterator found);
  static void TellWaiting(Entry& entry);
  static v1::Drain Show(const Entry& entry);

  [[no_unique_address]] ThreadChecker thread_;
  const size_t kept_max_;
  const size_t kept_bytes_;
  hub::Drains& drains_;
  Entries entries_;
  std::vector<absl::AnyInvocable<void(Now)>> next_tick_;
  size_t bytes_ = 0;  // of all entries
  absl::Time last_start_ = absl::InfinitePast();
};

}  // namespace sluice::control
