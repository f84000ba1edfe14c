// SPDX-License-Identifier: Apache-2.0
#include "control/drain_book.h"

#include <algorithm>
#include <cassert>
#include <utility>

#include "control/selector.h"
#include "control/status.h"
#include "control/views.h"
#include "gateway/hub/drains.h"

namespace sluice::control {
namespace {

absl::Status NoSuchDrain() {
  return Error(absl::StatusCode::kNotFound, "DRAIN_NOT_FOUND", "no such drain", "drain_id");
}

absl::Status HasEnded() {
  return Error(absl::StatusCode::kFailedPrecondition, "DRAIN_ENDED", "the drain has ended",
               "drain_id");
}

absl::Status IdTaken() {
  return Error(absl::StatusCode::kAlreadyExists, "DRAIN_ID_TAKEN", "the id names another drain",
               "drain_id");
}

absl::Status Exhausted() {
  return WithRetry(Error(absl::StatusCode::kResourceExhausted, "DRAINS_EXHAUSTED",
                         "too many drains are running (--drains-max, --drains-bytes)"),
                   absl::Seconds(5));
}

}  // namespace

bool DrainBook::Entry::pending() const { return !drain->view().begun && !drain->view().ended(); }

// --- Starting ------------------------------------------------------------------------------------

void DrainBook::Select(const v1::StartDrainRequest& request, hub::DrainPlan plan,
                       absl::Duration patience, Now now, Done<v1::Drain> done) {
  assert(thread_.IsCurrent());
  const std::string& id = request.drain_id();
  if (auto found = entries_.find(id); found != entries_.end()) {
    Entry& entry = *found->second;
    if (Fingerprint(entry.request) != Fingerprint(request)) return done(IdTaken());
    entry.waiting.push_back(std::move(done));
    if (entry.drain->view().selected || entry.drain->view().ended()) TellWaiting(entry);
    return;
  }
  const size_t bytes = request.SpaceUsedLong();
  if (!MakeRoom(bytes)) return done(Exhausted());
  auto entry = std::make_shared<Entry>();
  entry->request = request;
  entry->bytes = bytes;
  entry->started_at = NextStart(now.date);
  entry->begin_by = now.steady + patience;
  entry->waiting.push_back(std::move(done));
  entries_[id] = entry;
  bytes_ += bytes;
  entry->drain =
      drains_.Select(std::move(plan), now, [weak = std::weak_ptr(entry)](hub::Drain&, Now) {
        if (auto alive = weak.lock()) TellWaiting(*alive);
      });
}

absl::StatusOr<v1::Drain> DrainBook::Begin(const std::string& id, absl::Time started_at,
                                           DrainShares shares, Now now) {
  auto found = FindStarted(id, started_at);
  if (!found.ok()) return found.status();
  Entry& entry = *(*found)->second;
  if (entry.pending()) {
    entry.shares = std::move(shares);
    for (const std::string& node : std::exchange(entry.gone, {})) entry.shares.Drop(node);
    drains_.Begin(*entry.drain, entry.shares.pace(), now);
  }
  return Show(entry);
}

absl::StatusOr<v1::Drain> DrainBook::Abandon(const std::string& id, absl::Time started_at,
                                             Now now) {
  auto found = FindStarted(id, started_at);
  if (!found.ok()) return found.status();
  Entry& entry = *(*found)->second;
  if (!entry.pending()) return Show(entry);
  drains_.Cancel(*entry.drain, now);
  v1::Drain last = Show(entry);
  Forget(*found);
  return last;
}

// What ended loses what was closed there, too: nobody answers for it any more.
void DrainBook::OnGone(const std::string& node, Now now) {
  assert(thread_.IsCurrent());
  for (auto& [id, entry] : entries_) {
    if (entry->pending()) {
      entry->gone.insert(node);
    } else if (entry->shares.Drop(node)) {
      drains_.SetPace(*entry->drain, entry->shares.pace().per_second, now);
    }
  }
}

void DrainBook::TellWaiting(Entry& entry) {
  for (auto& done : std::exchange(entry.waiting, {})) done(Show(entry));
}

// The clock may stand still from one drain to the next. If it is set back, the date is what it
// says.
absl::Time DrainBook::NextStart(absl::Time date) {
  // As exact as it travels.
  const absl::Time exact = absl::FromUnixNanos(absl::ToUnixNanos(date));
  const bool soon = exact <= last_start_ && last_start_ - exact < absl::Seconds(1);
  return last_start_ = soon ? last_start_ + absl::Nanoseconds(1) : exact;
}

// Those that ended first make way.
bool DrainBook::MakeRoom(size_t bytes) {
  if (bytes > kept_bytes_) return false;
  while (entries_.size() >= kept_max_ || bytes_ + bytes > kept_bytes_) {
    auto oldest = entries_.end();
    for (auto it = entries_.begin(); it != entries_.end(); ++it) {
      const hub::DrainView& view = it->second->drain->view();
      if (!view.ended()) continue;
      if (oldest == entries_.end() || view.ended_at < oldest->second->drain->view().ended_at) {
        oldest = it;
      }
    }
    if (oldest == entries_.end()) return false;
    Forget(oldest);
  }
  return true;
}

// Whoever still waits for it is told how it ended.
DrainBook::Entries::iterator DrainBook::Forget(Entries::iterator found) {
  std::shared_ptr<Entry> entry = std::move(found->second);
  bytes_ -= entry->bytes;
  auto next = entries_.erase(found);
  TellWaiting(*entry);
  return next;
}

void DrainBook::Tick(Now now) {
  assert(thread_.IsCurrent());
  drains_.Tick(now);
  for (auto it = entries_.begin(); it != entries_.end();) {
    const bool abandoned = it->second->pending() && now.steady >= it->second->begin_by;
    if (abandoned) drains_.Cancel(*it->second->drain, now);
    it = abandoned ? Forget(it) : std::next(it);
  }
  for (auto& task : std::exchange(next_tick_, {})) task(now);
}

void DrainBook::OnNextTick(absl::AnyInvocable<void(Now)> task) {
  assert(thread_.IsCurrent());
  next_tick_.push_back(std::move(task));
}

// --- Steering ------------------------------------------------------------------------------------

absl::StatusOr<DrainBook::Entry*> DrainBook::Find(const std::string& id) const {
  assert(thread_.IsCurrent());
  auto found = entries_.find(id);
  if (found == entries_.end()) return NoSuchDrain();
  return found->second.get();
}

absl::StatusOr<DrainBook::Entries::iterator> DrainBook::FindStarted(const std::string& id,
                                                                    absl::Time started_at) {
  assert(thread_.IsCurrent());
  auto found = entries_.find(id);
  if (found == entries_.end() || found->second->started_at != started_at) return NoSuchDrain();
  return found;
}

absl::StatusOr<DrainBook::Entry*> DrainBook::FindRunning(const std::string& id) const {
  auto entry = Find(id);
  if (entry.ok() && (*entry)->drain->view().ended()) return HasEnded();
  return entry;
}

absl::StatusOr<v1::Drain> DrainBook::Get(const std::string& id) const {
  auto entry = Find(id);
  if (!entry.ok()) return entry.status();
  return Show(**entry);
}

std::vector<v1::Drain> DrainBook::List(const std::string& after, size_t limit) const {
  assert(thread_.IsCurrent());
  std::vector<v1::Drain> drains;
  for (auto it = entries_.upper_bound(after); it != entries_.end() && drains.size() < limit; ++it) {
    if (!it->second->pending()) drains.push_back(Show(*it->second));
  }
  return drains;
}

absl::StatusOr<v1::Drain> DrainBook::Pause(const std::string& id, Now now) {
  auto entry = FindRunning(id);
  if (!entry.ok()) return entry.status();
  drains_.Pause(*(*entry)->drain, now);
  return Show(**entry);
}

absl::StatusOr<v1::Drain> DrainBook::Resume(const std::string& id, Now now) {
  auto entry = FindRunning(id);
  if (!entry.ok()) return entry.status();
  drains_.Resume(*(*entry)->drain, now);
  return Show(**entry);
}

absl::StatusOr<v1::Drain> DrainBook::Cancel(const std::string& id, Now now) {
  auto entry = FindRunning(id);
  if (!entry.ok()) return entry.status();
  drains_.Cancel(*(*entry)->drain, now);
  TellWaiting(**entry);
  return Show(**entry);
}

v1::Drain DrainBook::Show(const Entry& entry) {
  v1::Drain drain = ToProto(entry.drain->view(), entry.started_at, entry.request);
  AddLost(entry.shares.lost(), drain);
  return drain;
}

}  // namespace sluice::control
