// SPDX-License-Identifier: Apache-2.0
#include "gateway/hub/event_log.h"

#include <cassert>
#include <optional>
#include <utility>

namespace sluice::hub {

using Type = ConnectionEvent::Type;

namespace {

// What an event changes about how many connections of this node its namespace has.
int64_t OpenChange(const ConnectionEvent& event) {
  if (event.type == Type::kOpened) return 1;
  return event.type == Type::kClosed && event.extras().node.empty() ? -1 : 0;
}

ConnectionEvent NamespaceEmpty(const std::string& space, absl::Time time) {
  ConnectionEvent event;
  event.type = Type::kNamespaceEmpty;
  event.time = time;
  event.space = space;
  return event;
}

}  // namespace

size_t SizeOf(const ConnectionEvent& event) {
  constexpr size_t kRest = 64;  // tags, lengths and numbers on the wire
  size_t common = kRest + event.space.size() + event.connection.size() + event.user.size() +
                  event.extras().reason.size();
  size_t size = sizeof(event) + common + event.channel.size() + event.extras().claims_json.size() +
                event.extras().worker.size() + event.extras().node.size() +
                event.extras().traceparent.size();
  // As a LEFT for each, which is how it is told by default.
  for (const std::string& channel : event.extras().channels) size += common + channel.size();
  return size;
}

bool EventFilter::Matches(const ConnectionEvent& event) const {
  if (event.type == Type::kNodeGone) return cluster;
  if (event.type == Type::kClosed && !event.extras().node.empty() && !cluster) return false;
  // What was lost of anybody's concerns every namespace.
  if (event.type == Type::kMessagesLost && event.space.empty()) return MatchesType(event.type);
  return (space.empty() || space == event.space) && MatchesType(event.type);
}

bool EventFilter::MatchesType(Type type) const {
  return types == 0 || (types >> static_cast<int>(type) & 1);
}

void LostEvents::Add(const ConnectionEvent& event) {
  ++by_type[static_cast<size_t>(event.type)];
  time = event.time;
  const int64_t change = OpenChange(event);
  if (change == 0) return;
  auto count = open.try_emplace(event.space).first;
  count->second += change;
  if (count->second == 0) open.erase(count);
}

void EventLog::Append(std::vector<ConnectionEvent> events) {
  assert(thread_.IsCurrent());
  std::optional<ConnectionEvent> empty;
  for (ConnectionEvent& event : events) {
    // What the last connection left comes before the end of its namespace.
    if (empty && event.type != Type::kLeft) Keep(*std::exchange(empty, std::nullopt));
    if (CountSpace(event.space, OpenChange(event))) {
      empty = NamespaceEmpty(event.space, event.time);
    }
    Keep(std::move(event));
  }
  if (empty) Keep(*std::move(empty));
  NotifyAll();
}

void EventLog::AppendLost(const LostEvents& lost) {
  assert(thread_.IsCurrent());
  Keep(Entry{nullptr, std::make_unique<const Counts>(lost.by_type)});
  for (const auto& [space, change] : lost.open) {
    if (CountSpace(space, change)) Keep(NamespaceEmpty(space, lost.time));
  }
  NotifyAll();
}

// True if the last connection of its namespace has just left.
bool EventLog::CountSpace(const std::string& space, int64_t change) {
  if (change > 0) open_[space] += static_cast<uint64_t>(change);
  if (change >= 0) return false;
  const auto closed = static_cast<uint64_t>(-change);
  auto count = open_.find(space);
  if (count == open_.end()) return false;
  if (count->second > closed) {
    count->second -= closed;
    return false;
  }
  open_.erase(count);
  return true;
}

void EventLog::Keep(ConnectionEvent event) {
  event.sequence = next_;
  Keep(Entry{std::make_shared<const ConnectionEvent>(std::move(event)), nullptr});
}

void EventLog::Keep(Entry entry) {
  ++next_;
  kept_bytes_ += SizeOfEntry(entry);
  kept_.push_back(std::move(entry));
  while (kept_.size() > options_.kept || kept_bytes_ > options_.kept_bytes) Evict();
}

size_t EventLog::SizeOfEntry(const Entry& entry) {
  return entry.event ? SizeOf(*entry.event) : sizeof(Counts);
}

// How many events a watcher misses that never sees this.
uint64_t EventLog::CountFor(const EventFilter& filter, const Entry& entry) {
  if (entry.event) return filter.Matches(*entry.event) ? 1 : 0;
  uint64_t count = 0;
  for (size_t type = 0; type < entry.lost->size(); ++type) {
    if (filter.MatchesType(static_cast<Type>(type))) count += (*entry.lost)[type];
  }
  return count;
}

// Whoever has not passed the oldest event loses it.
void EventLog::Evict() {
  const uint64_t oldest = next_ - kept_.size();
  for (auto& [id, watcher] : watchers_) {
    if (watcher.next <= oldest) Pass(watcher);
  }
  kept_bytes_ -= SizeOfEntry(kept_.front());
  kept_.pop_front();
}

// Passes over what the watcher will not be shown.
void EventLog::Pass(Watcher& watcher) {
  const uint64_t count = CountFor(watcher.filter, At(watcher.next++));
  watcher.lost += count;
  lost_total_ += count;
}

absl::StatusOr<EventLog::WatcherId> EventLog::Watch(EventFilter filter, uint64_t after,
                                                    absl::AnyInvocable<void()> ready, Whose whose) {
  assert(thread_.IsCurrent());
  if (whose == Whose::kOwn && own_watchers_ >= options_.watchers_max) {
    return absl::ResourceExhaustedError("--watchers-max watchers are open");
  }
  if (after >= next_ || after + kept_.size() + 1 < next_) {
    return absl::OutOfRangeError("the node does not keep the events behind that position");
  }
  WatcherId id = next_watcher_++;
  Watcher& watcher = watchers_[id];
  watcher.filter = std::move(filter);
  watcher.whose = whose;
  own_watchers_ += whose == Whose::kOwn ? 1 : 0;
  watcher.next = after + 1;
  watcher.ready = std::move(ready);
  Notify(watcher);
  return id;
}

// Passes over what does not match, so that a quiet watcher is not woken for the others' events.
bool EventLog::HasMore(Watcher& watcher) {
  for (; watcher.next < next_; Pass(watcher)) {
    const Entry& entry = At(watcher.next);
    if (entry.event && watcher.filter.Matches(*entry.event)) return true;
  }
  return watcher.lost > 0;
}

void EventLog::NotifyAll() {
  for (auto& [id, watcher] : watchers_) Notify(watcher);
}

void EventLog::Notify(Watcher& watcher) {
  if (watcher.notified || !HasMore(watcher)) return;
  watcher.notified = true;
  watcher.ready();
}

EventLog::Batch EventLog::Take(WatcherId id, size_t max, size_t bytes_max) {
  assert(thread_.IsCurrent());
  Batch batch;
  auto found = watchers_.find(id);
  if (found == watchers_.end()) return batch;
  Watcher& watcher = found->second;
  // The next event that it is shown; null: none.
  auto next = [&]() -> const ConnectionEvent* {
    return HasMore(watcher) && watcher.next < next_ ? At(watcher.next).event.get() : nullptr;
  };
  for (const auto* event = next(); event != nullptr && SizeOf(*event) > bytes_max; event = next()) {
    Pass(watcher);
  }
  batch.lost = std::exchange(watcher.lost, 0);
  size_t bytes = 0;
  for (const auto* event = next(); event != nullptr; event = next()) {
    bytes += SizeOf(*event);
    // What was lost behind an event is told before the next one.
    if (batch.events.size() == max || bytes > bytes_max || watcher.lost > 0) break;
    batch.events.push_back(At(watcher.next++).event);
  }
  batch.position = watcher.lost > 0 ? batch.events.back()->sequence : watcher.next - 1;
  watcher.notified = false;
  return batch;
}

void EventLog::Unwatch(WatcherId id) {
  assert(thread_.IsCurrent());
  auto found = watchers_.find(id);
  if (found == watchers_.end()) return;
  own_watchers_ -= found->second.whose == Whose::kOwn ? 1 : 0;
  watchers_.erase(found);
}

}  // namespace sluice::hub
