// SPDX-License-Identifier: Apache-2.0
#include "gateway/hub/drains.h"

#include <algorithm>
#include <map>
#include <utility>

#include "absl/random/distributions.h"
#include "absl/strings/str_cat.h"
#include "gateway/hub/pacer.h"
#include "gateway/hub/shard.h"

namespace sluice::hub {

using State = DrainView::State;

struct Drains::Drain {
  DrainPlan plan;
  DrainView view;
  Pacer pacer;
  SharedDrainOrder order;
  bool selected = false;
  std::vector<Started> starting;       // told when it is, or when it ended before
  std::vector<SessionKey> keys;        // whose turn has not come; taken from the end
  std::map<uint64_t, Watch> watchers;  // by what AddWatch returned
  Instant ended;                       // once its state says so
  Instant notified_at = Instant::Past();
  bool changed = false;
};

Drains::Drains(const Options& options, const ShardSet& shards, storage::Executor& home)
    : options_(options), shards_(shards), home_(home) {}

Drains::~Drains() = default;

// --- Starting ------------------------------------------------------------------------------------

void Drains::Start(DrainPlan plan, Now now, Started started) {
  if (plan.id.empty()) plan.id = absl::StrCat("drain-", next_id_++);
  if (auto found = drains_.find(plan.id); found != drains_.end()) {
    Drain& drain = *found->second;
    if (!(drain.plan == plan)) {
      return started(absl::AlreadyExistsError("the id names a drain with another plan"));
    }
    if (drain.selected || drain.view.ended()) return started(drain.view);
    return drain.starting.push_back(std::move(started));
  }
  if (!MakeRoom()) return started(absl::ResourceExhaustedError("--drains-max drains are running"));
  SharedDrain drain = Make(std::move(plan), now);
  drain->starting.push_back(std::move(started));
  // Refused before it is selected, so that nobody slips in between.
  Refuse(*drain, true);
  drains_[drain->view.id] = drain;
  Select(drain);
}

Drains::SharedDrain Drains::Make(DrainPlan plan, Now now) {
  auto drain = std::make_shared<Drain>();
  drain->view.id = plan.id;
  drain->view.per_second = plan.per_second;
  drain->view.refuse_new = plan.refuse_new;
  drain->view.started_at = now.date;
  auto parted = [this, weak = std::weak_ptr(drain)](const DrainParted& parted) {
    home_.Post([this, weak, parted](Now at) {
      closed_total_ += parted.closed;
      if (SharedDrain alive = weak.lock()) OnParted(*alive, parted, at);
    });
  };
  drain->order = std::make_shared<const DrainOrder>(
      DrainOrder{plan.frame, plan.grace, plan.latest, std::move(parted)});
  drain->plan = std::move(plan);
  return drain;
}

// The one that ended first makes way.
bool Drains::MakeRoom() {
  if (drains_.size() < options_.kept_max) return true;
  auto oldest = drains_.end();
  for (auto it = drains_.begin(); it != drains_.end(); ++it) {
    if (!it->second->view.ended()) continue;
    if (oldest == drains_.end() || it->second->ended < oldest->second->ended) {
      oldest = it;
    }
  }
  if (oldest == drains_.end()) return false;
  drains_.erase(oldest);
  return true;
}

void Drains::Select(const SharedDrain& drain) {
  shards_.Gather(
      [plan = drain->plan](Shard& shard, Now) {
        return plan.everything ? shard.SnapshotAll() : shard.Snapshot(plan.selector);
      },
      [this, weak = std::weak_ptr(drain)](std::vector<std::vector<SessionKey>> keys, Now) {
        home_.Post([this, weak, keys = std::move(keys)](Now now) {
          SharedDrain alive = weak.lock();
          if (alive && !alive->view.ended()) Begin(*alive, keys, now);
        });
      });
}

void Drains::Begin(Drain& drain, const std::vector<std::vector<SessionKey>>& keys, Now now) {
  for (const auto& part : keys) drain.keys.insert(drain.keys.end(), part.begin(), part.end());
  // In random order, so that no shard and no age of connections goes first.
  std::shuffle(drain.keys.begin(), drain.keys.end(), random_);
  drain.view.matched = drain.keys.size();
  drain.pacer = Pacer(drain.plan.per_second, drain.plan.jitter_percent, now);
  if (drain.view.state == State::kPaused) drain.pacer.Pause(now);
  drain.selected = true;
  drain.changed = true;
  TellStarted(drain);
  Advance(drain, now);
}

void Drains::TellStarted(Drain& drain) {
  for (Started& started : std::exchange(drain.starting, {})) started(drain.view);
}

// --- Going on ------------------------------------------------------------------------------------

void Drains::Tick(Now now) {
  for (auto& [id, drain] : drains_) {
    if (drain->view.state == State::kRunning) Advance(*drain, now);
    if (drain->changed) Notify(*drain, now);
  }
}

void Drains::Advance(Drain& drain, Now now) {
  if (!drain.selected || drain.view.ended()) return;
  size_t due = drain.pacer.Due(drain.keys.size(), now, random_);
  if (due > 0) CloseNext(drain, due);
  if (drain.keys.empty() && drain.view.finishing == 0) End(drain, State::kDone, now);
}

void Drains::CloseNext(Drain& drain, size_t count) {
  std::vector<std::vector<SessionKey>> parts(shards_.size());
  for (size_t i = 0; i < count; ++i) {
    parts[drain.keys.back().shard()].push_back(drain.keys.back());
    drain.keys.pop_back();
  }
  drain.view.finishing += count;
  for (uint32_t i = 0; i < parts.size(); ++i) {
    if (parts[i].empty()) continue;
    shards_.Post(i, [order = drain.order, keys = std::move(parts[i])](Shard& shard, Now now) {
      shard.Drain(keys, order, now);
    });
  }
}

void Drains::OnParted(Drain& drain, const DrainParted& parted, Now now) {
  drain.view.finishing -= parted.closed + parted.gone + parted.spared;
  drain.view.closed += parted.closed;
  drain.view.gone += parted.gone;
  drain.changed = true;
  if (drain.view.state == State::kRunning) Advance(drain, now);
  if (drain.view.ended()) Notify(drain, now);
}

void Drains::End(Drain& drain, State state, Now now) {
  drain.view.state = state;
  drain.view.ended_at = now.date;
  drain.ended = now;
  drain.keys.clear();
  drain.keys.shrink_to_fit();
  Refuse(drain, false);
  Spare(drain);
  TellStarted(drain);
  Notify(drain, now);
}

// Comes behind whatever the shards were told to close.
void Drains::Spare(const Drain& drain) {
  if (drain.view.finishing == 0) return;
  for (uint32_t i = 0; i < shards_.size(); ++i) {
    shards_.Post(i, [order = drain.order](Shard& shard, Now now) { shard.Spare(order, now); });
  }
}

void Drains::Refuse(const Drain& drain, bool refuse) {
  if (!drain.plan.refuse_new) return;
  const std::string& space = drain.plan.selector.space;
  int& drains = refusing_[space];
  drains += refuse ? 1 : -1;
  bool first_or_last = drains == (refuse ? 1 : 0);
  if (drains == 0) refusing_.erase(space);
  if (!first_or_last) return;
  for (uint32_t i = 0; i < shards_.size(); ++i) {
    shards_.Post(i, [name = drain.plan.selector.space, refuse](Shard& shard, Now) {
      shard.Refuse(name, refuse);
    });
  }
}

// --- Steering ------------------------------------------------------------------------------------

absl::StatusOr<Drains::Drain*> Drains::Find(const std::string& id) const {
  auto found = drains_.find(id);
  if (found == drains_.end()) return absl::NotFoundError("no such drain");
  return found->second.get();
}

absl::StatusOr<Drains::Drain*> Drains::FindRunning(const std::string& id) const {
  auto drain = Find(id);
  if (drain.ok() && (*drain)->view.ended()) {
    return absl::FailedPreconditionError("the drain has ended");
  }
  return drain;
}

absl::StatusOr<DrainView> Drains::Get(const std::string& id) const {
  auto drain = Find(id);
  if (!drain.ok()) return drain.status();
  return (*drain)->view;
}

absl::StatusOr<DrainView> Drains::Pause(const std::string& id, Now now) {
  auto drain = FindRunning(id);
  if (!drain.ok()) return drain.status();
  DrainView& view = (*drain)->view;
  if (view.state == State::kRunning) {
    view.state = State::kPaused;
    (*drain)->pacer.Pause(now);
    Notify(**drain, now);
  }
  return view;
}

absl::StatusOr<DrainView> Drains::Resume(const std::string& id, Now now) {
  auto drain = FindRunning(id);
  if (!drain.ok()) return drain.status();
  DrainView& view = (*drain)->view;
  if (view.state == State::kPaused) {
    view.state = State::kRunning;
    (*drain)->pacer.Resume(now);
    Notify(**drain, now);
  }
  return view;
}

absl::StatusOr<DrainView> Drains::Cancel(const std::string& id, Now now) {
  auto drain = FindRunning(id);
  if (!drain.ok()) return drain.status();
  End(**drain, State::kCancelled, now);
  return (*drain)->view;
}

// --- Watching ------------------------------------------------------------------------------------

absl::StatusOr<uint64_t> Drains::AddWatch(const std::string& id, Watch watch) {
  auto drain = Find(id);
  if (!drain.ok()) return drain.status();
  watch((*drain)->view);
  uint64_t watcher = next_watch_++;
  if (!(*drain)->view.ended()) (*drain)->watchers.emplace(watcher, std::move(watch));
  return watcher;
}

void Drains::Unwatch(uint64_t watch) {
  for (auto& [id, drain] : drains_) {
    if (drain->watchers.erase(watch) > 0) return;
  }
}

// Progress now and then, the end at once.
void Drains::Notify(Drain& drain, Now now) {
  constexpr Duration kInterval = absl::Milliseconds(100);
  bool progress = drain.changed && drain.view.state == State::kRunning;
  if (progress && now - drain.notified_at < kInterval) return;
  drain.changed = false;
  drain.notified_at = now;
  for (auto& [id, watch] : drain.watchers) watch(drain.view);
  if (drain.view.ended() && drain.view.finishing == 0) drain.watchers.clear();
}

size_t Drains::running() const {
  return static_cast<size_t>(std::count_if(drains_.begin(), drains_.end(), [](const auto& entry) {
    return !entry.second->view.ended();
  }));
}

}  // namespace sluice::hub
