// SPDX-License-Identifier: Apache-2.0
#include "storage/redis/mirrors.h"

#include <algorithm>
#include <utility>

#include "absl/random/distributions.h"
#include "absl/strings/str_cat.h"
#include "storage/redis/presence_scripts.h"

namespace sluice::storage::redis {
namespace {

constexpr size_t kPage = 500;

// How long a list waits for the mirror.
constexpr absl::Duration kListTimeout = absl::Seconds(2);

// What it takes until the client notices that it is connected to another master.
constexpr absl::Duration kNoticeTime = absl::Seconds(2);

}  // namespace

// --- Watching ------------------------------------------------------------------------------------

// It is read at once, so that what changes before the subscription stands is told as well: as the
// difference to what is read then.
void Mirrors::Watch(const std::string& space, Presence::WatchId id, Told told) {
  spaces_.emplace(id, space);
  std::unique_ptr<Mirror>& mirror = mirrors_[space];
  const bool is_new = mirror == nullptr;
  if (is_new) mirror = std::make_unique<Mirror>(space);
  mirror->watches.emplace(id, std::move(told));
  if (!is_new) return;
  Read(*mirror);
  context_.client.Subscribe(
      ChangesChannel(space),
      {.on_message = [this, space](const std::string& payload) { OnMessage(space, payload); },
       .on_confirmed = [this, space] { OnConfirmed(space); },
       .on_gap = [this, space] { OnGap(space); }});
}

void Mirrors::Unwatch(Presence::WatchId id) {
  auto space = spaces_.find(id);
  if (space == spaces_.end()) return;
  auto found = mirrors_.find(space->second);
  spaces_.erase(space);
  if (found == mirrors_.end()) return;
  Mirror& mirror = *found->second;
  mirror.watches.erase(id);
  if (!mirror.watches.empty()) return;
  context_.client.Unsubscribe(ChangesChannel(mirror.set.space()));
  std::unique_ptr<Mirror> over = std::move(found->second);
  mirrors_.erase(found);
  GoOn(*over);
  for (Waiting& waiting : std::exchange(over->lists, {})) {
    waiting.query.done(absl::UnavailableError("nobody watches the namespace any more"));
  }
}

Mirrors::Mirror* Mirrors::Find(const std::string& space) {
  auto found = mirrors_.find(space);
  return found == mirrors_.end() ? nullptr : found->second.get();
}

void Mirrors::Tell(const Mirror& mirror, const std::vector<PresenceChange>& changes) {
  for (const PresenceChange& change : changes) {
    for (const auto& [id, told] : mirror.watches) told(change);
  }
}

// --- What is heard -------------------------------------------------------------------------------

void Mirrors::OnConfirmed(const std::string& space) {
  Mirror* mirror = Find(space);
  if (mirror == nullptr) return;
  mirror->subscribed = true;
  mirror->doubt_until = std::max(mirror->doubt_until, context_.now.steady + kNoticeTime);
  mirror->read_at = context_.now;
  if (!mirror->reading) Read(*mirror);  // else after that one
}

void Mirrors::OnGap(const std::string& space) {
  Mirror* mirror = Find(space);
  if (mirror == nullptr) return;
  context_.probe.missed.Add();
  mirror->subscribed = false;
  mirror->synced = false;
}

void Mirrors::OnMessage(const std::string& space, const std::string& payload) {
  Mirror* mirror = Find(space);
  if (mirror == nullptr) return;
  auto changes = ParseChanges(payload);
  if (mirror->reading) {
    if (changes) mirror->reading->Hear(*std::move(changes));
  } else if (mirror->synced) {
    if (changes) return Take(*mirror, *changes);
    mirror->synced = false;
    mirror->read_at = context_.now;
  }
}

void Mirrors::Take(Mirror& mirror, const SetChanges& changes) {
  std::vector<PresenceChange> told;
  const MemberSet::Fit fit = mirror.set.Apply(changes, told);
  Tell(mirror, told);
  if (fit == MemberSet::Fit::kFits) return AnswerLists(mirror);
  context_.probe.missed.Add();
  if (fit == MemberSet::Fit::kLost) mirror.doubt_until = context_.now + context_.nodes.lease();
  mirror.synced = false;
  mirror.read_at = context_.now;
}

// --- Reading -------------------------------------------------------------------------------------

void Mirrors::Read(Mirror& mirror) {
  mirror.read_at = Instant::Future();
  mirror.reading.emplace();
  mirror.reading_number = ++readings_;
  mirror.synced = mirror.subscribed;  // once it is done, if no gap comes between
  mirror.awaited = {};                // what this node has done before is read
  AskPage(mirror);
}

void Mirrors::AskPage(Mirror& mirror) {
  const std::string& space = mirror.set.space();
  context_.client.Run(
      PageScript(), SpaceKey(space), {Escape(mirror.reading->after()), absl::StrCat(kPage)},
      [this, space, number = mirror.reading_number](const absl::StatusOr<Reply>& reply) {
        OnPage(space, number, reply);
      });
}

void Mirrors::OnPage(const std::string& space, uint64_t number,
                     const absl::StatusOr<Reply>& reply) {
  Mirror* mirror = Find(space);
  if (mirror == nullptr || !mirror->reading || mirror->reading_number != number) return;
  const absl::Status taken =
      reply.ok() ? mirror->reading->Take(space, *reply, kPage) : reply.status();
  if (!taken.ok()) {
    mirror->reading.reset();
    mirror->synced = false;
    mirror->read_at = context_.now + absl::Milliseconds(absl::Uniform(context_.random, 100, 300));
    GoOn(*mirror);
  } else if (mirror->reading->done()) {
    Finish(*mirror);
  } else {
    AskPage(*mirror);
  }
}

void Mirrors::Finish(Mirror& mirror) {
  MemberReading reading = *std::exchange(mirror.reading, std::nullopt);
  if (mirror.set.IsAnother(reading)) {  // of nodes that Redis has forgotten the next beat tells
    mirror.doubt_until = std::max(mirror.doubt_until,
                                  context_.now.steady + context_.nodes.lease() / 8 + kNoticeTime);
  }
  const bool doubt = context_.now < std::max(doubt_until_, mirror.doubt_until);
  std::vector<PresenceChange> told;
  const MemberSet::Fit fit = mirror.set.Replace(std::move(reading), doubt, told);
  if (std::exchange(mirror.read, true)) Tell(mirror, told);
  GoOn(mirror);
  if (fit != MemberSet::Fit::kFits) {
    mirror.synced = false;
    mirror.read_at = context_.now;
  }
  AnswerLists(mirror);
  if (context_.now >= mirror.read_at) Read(mirror);
}

void Mirrors::AfterReading(const std::string& space, absl::AnyInvocable<void()> then) {
  Mirror* mirror = Find(space);
  if (mirror == nullptr || mirror->read || !mirror->reading) return then();
  mirror->after_reading.push_back(std::move(then));
}

void Mirrors::GoOn(Mirror& mirror) {
  for (auto& then : std::exchange(mirror.after_reading, {})) then();
}

void Mirrors::OnLoss() {
  doubt_until_ = context_.now + context_.nodes.lease();
  for (auto& [space, mirror] : mirrors_) {
    mirror->synced = false;
    mirror->read_at = context_.now;
  }
}

// --- Lists ---------------------------------------------------------------------------------------

bool Mirrors::List(const std::string& space, Query& query) {
  Mirror* mirror = Find(space);
  if (mirror == nullptr) return false;
  mirror->lists.push_back({std::move(query), context_.now + kListTimeout});
  AnswerLists(*mirror);
  return true;
}

void Mirrors::Await(const std::string& space, const Version& version) {
  Mirror* mirror = Find(space);
  if (mirror != nullptr && !mirror->set.Has(version)) mirror->awaited = version;
}

bool Mirrors::CaughtUp(const Mirror& mirror) const {
  return mirror.synced && !mirror.reading && mirror.set.Has(mirror.awaited);
}

void Mirrors::AnswerLists(Mirror& mirror) {
  if (!CaughtUp(mirror)) return;
  for (Waiting& waiting : std::exchange(mirror.lists, {})) {
    waiting.query.done(mirror.set.Page(waiting.query.after, waiting.query.limit));
  }
}

// Something that this node has done was not heard, or Redis does not answer.
void Mirrors::FailLists(Mirror& mirror) {
  if (mirror.lists.empty() || context_.now < mirror.lists.front().deadline) return;
  if (mirror.synced && !mirror.reading) mirror.read_at = context_.now;
  for (Waiting& waiting : std::exchange(mirror.lists, {})) {
    context_.probe.lists_failed.Add();
    waiting.query.done(absl::UnavailableError("Redis does not say who is there"));
  }
}

void Mirrors::Tick() {
  for (auto& [space, mirror] : mirrors_) {
    FailLists(*mirror);
    const Instant doubt_until = std::max(doubt_until_, mirror->doubt_until);
    if (mirror->set.any_doubtful() && context_.now >= doubt_until &&
        mirror->read_at == Instant::Future()) {
      mirror->read_at = context_.now;
    }
    if (context_.now >= mirror->read_at && !mirror->reading) Read(*mirror);
  }
}

}  // namespace sluice::storage::redis
