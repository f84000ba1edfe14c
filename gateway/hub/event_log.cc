// SPDX-License-Identifier: Apache-2.0
#include "gateway/hub/event_log.h"

#include <optional>
#include <utility>

namespace sluice::hub {

using Type = ConnectionEvent::Type;

size_t SizeOf(const ConnectionEvent& event) {
  constexpr size_t kRest = 64;  // tags, lengths and numbers on the wire
  size_t common = kRest + event.space.size() + event.connection.size() + event.user.size() +
                  event.reason.size();
  size_t size = sizeof(event) + common + event.channel.size() + event.claims_json.size() +
                event.worker.size();
  // As a LEFT for each, which is how it is told by default.
  for (const std::string& channel : event.channels) size += common + channel.size();
  return size;
}

bool EventFilter::Matches(const ConnectionEvent& event) const {
  return (space.empty() || space == event.space) &&
         (types == 0 || (types >> static_cast<int>(event.type) & 1));
}

void EventLog::Append(std::vector<ConnectionEvent> events) {
  std::optional<ConnectionEvent> empty;
  for (ConnectionEvent& event : events) {
    // What the last connection left comes before the end of its namespace.
    if (empty && event.type != Type::kLeft) Keep(*std::exchange(empty, std::nullopt));
    if (CountSpace(event)) {
      empty =
          ConnectionEvent{Type::kNamespaceEmpty, event.time, event.space, {}, {}, {}, 0, {}, 0, {}};
    }
    Keep(std::move(event));
  }
  if (empty) Keep(*std::move(empty));
  for (auto& [id, watcher] : watchers_) Notify(watcher);
}

// True if the last connection of its namespace has just left.
bool EventLog::CountSpace(const ConnectionEvent& event) {
  if (event.type == Type::kOpened) ++open_[event.space];
  if (event.type != Type::kClosed) return false;
  auto count = open_.find(event.space);
  if (count == open_.end() || --count->second > 0) return false;
  open_.erase(count);
  return true;
}

void EventLog::Keep(ConnectionEvent event) {
  event.sequence = next_++;
  kept_bytes_ += SizeOf(event);
  kept_.push_back(std::make_shared<const ConnectionEvent>(std::move(event)));
  while (kept_.size() > options_.kept || kept_bytes_ > options_.kept_bytes) Evict();
}

// Whoever has not passed the oldest event loses it.
void EventLog::Evict() {
  const ConnectionEvent& oldest = *kept_.front();
  for (auto& [id, watcher] : watchers_) {
    if (watcher.next > oldest.sequence) continue;
    Lose(watcher, oldest);
  }
  kept_bytes_ -= SizeOf(oldest);
  kept_.pop_front();
}

// Passes over an event that the watcher will not be shown.
void EventLog::Lose(Watcher& watcher, const ConnectionEvent& event) {
  watcher.next = event.sequence + 1;
  if (!watcher.filter.Matches(event)) return;
  ++watcher.lost;
  ++lost_total_;
}

absl::StatusOr<EventLog::WatcherId> EventLog::Watch(EventFilter filter, uint64_t after,
                                                    absl::AnyInvocable<void()> ready) {
  if (watchers_.size() >= options_.watchers_max) {
    return absl::ResourceExhaustedError("--watchers-max watchers are open");
  }
  if (after >= next_ || after + kept_.size() + 1 < next_) {
    return absl::OutOfRangeError("the node does not keep the events behind that position");
  }
  WatcherId id = next_watcher_++;
  Watcher& watcher = watchers_[id];
  watcher.filter = std::move(filter);
  watcher.next = after + 1;
  watcher.ready = std::move(ready);
  Notify(watcher);
  return id;
}

// Passes over what does not match, so that a quiet watcher is not woken for the others' events.
bool EventLog::HasMore(Watcher& watcher) const {
  for (; watcher.next < next_; ++watcher.next) {
    if (watcher.filter.Matches(*At(watcher.next))) return true;
  }
  return watcher.lost > 0;
}

void EventLog::Notify(Watcher& watcher) {
  if (watcher.notified || !HasMore(watcher)) return;
  watcher.notified = true;
  watcher.ready();
}

EventLog::Batch EventLog::Take(WatcherId id, size_t max, size_t bytes_max) {
  Batch batch;
  auto found = watchers_.find(id);
  if (found == watchers_.end()) return batch;
  Watcher& watcher = found->second;
  auto has_more = [&] { return HasMore(watcher) && watcher.next < next_; };
  while (has_more() && SizeOf(*At(watcher.next)) > bytes_max) Lose(watcher, *At(watcher.next));
  batch.lost = std::exchange(watcher.lost, 0);
  size_t bytes = 0;
  while (batch.events.size() < max && has_more()) {
    bytes += SizeOf(*At(watcher.next));
    if (bytes > bytes_max) break;
    batch.events.push_back(At(watcher.next++));
  }
  batch.position = watcher.next - 1;
  watcher.notified = false;
  return batch;
}

void EventLog::Unwatch(WatcherId id) { watchers_.erase(id); }

}  // namespace sluice::hub
