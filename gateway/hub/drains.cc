// SPDX-License-Identifier: Apache-2.0
#include "gateway/hub/drains.h"

#include <algorithm>
#include <cassert>
#include <utility>

#include "gateway/hub/shard.h"
#include "gateway/hub/views.h"

namespace sluice::hub {

using State = DrainView::State;

Drains::Drains(const ShardSet& shards, storage::Executor& home) : shards_(shards), home_(home) {}

// --- Starting ------------------------------------------------------------------------------------

SharedDrain Drains::Select(DrainPlan plan, Now now, Selected selected) {
  assert(thread_.IsCurrent());
  auto drain = std::make_shared<Drain>();
  drain->view_.started_at = now.date;
  drain->jitter_percent_ = plan.jitter_percent;
  auto parted = [this, weak = std::weak_ptr(drain)](const DrainParted& parted) {
    home_.Post([this, weak, parted](Now at) {
      closed_total_ += parted.closed;
      if (SharedDrain alive = weak.lock()) OnParted(*alive, parted, at);
    });
  };
  drain->order_ =
      std::make_shared<const DrainOrder>(DrainOrder{.frame = plan.frame,
                                                    .grace = plan.grace,
                                                    .latest = plan.latest,
                                                    .reconnect_window = plan.reconnect_window,
                                                    .parted = std::move(parted)});
  // Refused before it is selected, so that nobody slips in between.
  if (plan.refuse_new) {
    drain->refused_ = plan.selector.space;
    Refuse(drain->refused_, true);
  }
  running_.push_back(drain);
  shards_.Gather(
      [everything = plan.everything, selector = std::move(plan.selector)](Shard& shard, Now) {
        return everything ? shard.views().AllKeys() : shard.views().Keys(selector);
      },
      // It holds the drain, so that whoever asked is told even if it has ended.
      [this, drain, selected = std::move(selected)](std::vector<std::vector<SessionKey>> keys,
                                                    Now) mutable {
        home_.Post([this, drain = std::move(drain), selected = std::move(selected),
                    keys = std::move(keys)](Now now) mutable {
          OnSelected(*drain, keys);
          selected(*drain, now);
        });
      });
  return drain;
}

void Drains::OnSelected(Drain& drain, const std::vector<std::vector<SessionKey>>& keys) {
  if (drain.view_.ended()) return;
  for (const auto& part : keys) drain.keys_.insert(drain.keys_.end(), part.begin(), part.end());
  // In random order, so that no shard and no age of connections goes first.
  std::shuffle(drain.keys_.begin(), drain.keys_.end(), random_);
  drain.view_.matched = drain.keys_.size();
  drain.view_.selected = true;
}

void Drains::Begin(Drain& drain, Pace pace, Now now) {
  assert(thread_.IsCurrent());
  DrainView& view = drain.view_;
  if (!view.selected || view.begun || view.ended()) return;
  view.begun = true;
  drain.pacer_ = Pacer(pace, drain.jitter_percent_, now);
  if (view.state == State::kPaused) drain.pacer_.Pause(now);
  if (view.state == State::kRunning) Advance(drain, now);
}

void Drains::SetPace(Drain& drain, double per_second, Now now) {
  assert(thread_.IsCurrent());
  if (drain.view_.begun && !drain.view_.ended()) drain.pacer_.SetPace(per_second, now);
}

// --- Going on ------------------------------------------------------------------------------------

void Drains::Tick(Now now) {
  assert(thread_.IsCurrent());
  for (const SharedDrain& drain : running_) {
    if (drain->view_.state == State::kRunning) Advance(*drain, now);
  }
  std::erase_if(running_, [](const SharedDrain& drain) { return drain->view_.ended(); });
}

void Drains::Advance(Drain& drain, Now now) {
  if (!drain.view_.begun) return;
  size_t due = drain.pacer_.Due(drain.keys_.size(), now, random_);
  if (due > 0) CloseNext(drain, due);
  if (drain.keys_.empty() && drain.view_.finishing == 0) End(drain, State::kDone, now);
}

void Drains::CloseNext(Drain& drain, size_t count) {
  std::vector<std::vector<SessionKey>> parts(shards_.size());
  for (size_t i = 0; i < count; ++i) {
    parts[drain.keys_.back().shard()].push_back(drain.keys_.back());
    drain.keys_.pop_back();
  }
  drain.view_.finishing += count;
  for (uint32_t i = 0; i < parts.size(); ++i) {
    if (parts[i].empty()) continue;
    shards_.Post(i, [order = drain.order_, keys = std::move(parts[i])](Shard& shard, Now now) {
      shard.Drain(keys, order, now);
    });
  }
}

void Drains::OnParted(Drain& drain, const DrainParted& parted, Now now) {
  drain.view_.finishing -= parted.closed + parted.gone + parted.spared;
  drain.view_.closed += parted.closed;
  drain.view_.gone += parted.gone;
  if (drain.view_.state == State::kRunning) Advance(drain, now);
}

void Drains::End(Drain& drain, State state, Now now) {
  drain.view_.state = state;
  drain.view_.ended_at = now.date;
  drain.keys_ = {};
  if (!drain.refused_.empty()) Refuse(drain.refused_, false);
  Spare(drain);
}

// Comes behind whatever the shards were told to close.
void Drains::Spare(const Drain& drain) {
  if (drain.view_.finishing == 0) return;
  for (uint32_t i = 0; i < shards_.size(); ++i) {
    shards_.Post(i, [order = drain.order_](Shard& shard, Now now) { shard.Spare(order, now); });
  }
}

void Drains::Refuse(const std::string& space, bool refuse) {
  int& drains = refusing_[space];
  drains += refuse ? 1 : -1;
  const bool first_or_last = drains == (refuse ? 1 : 0);
  if (drains == 0) refusing_.erase(space);
  if (!first_or_last) return;
  for (uint32_t i = 0; i < shards_.size(); ++i) {
    shards_.Post(i, [space, refuse](Shard& shard, Now) { shard.Refuse(space, refuse); });
  }
}

// --- Steering ------------------------------------------------------------------------------------

void Drains::Pause(Drain& drain, Now now) {
  assert(thread_.IsCurrent());
  if (drain.view_.state != State::kRunning) return;
  drain.view_.state = State::kPaused;
  drain.pacer_.Pause(now);
}

void Drains::Resume(Drain& drain, Now now) {
  assert(thread_.IsCurrent());
  if (drain.view_.state != State::kPaused) return;
  drain.view_.state = State::kRunning;
  drain.pacer_.Resume(now);
}

void Drains::Cancel(Drain& drain, Now now) {
  assert(thread_.IsCurrent());
  if (!drain.view_.ended()) End(drain, State::kCancelled, now);
}

size_t Drains::running() const {
  assert(thread_.IsCurrent());
  return static_cast<size_t>(
      std::count_if(running_.begin(), running_.end(),
                    [](const SharedDrain& drain) { return !drain->view_.ended(); }));
}

}  // namespace sluice::hub
