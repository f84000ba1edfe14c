// SPDX-License-Identifier: Apache-2.0
#include "gateway/hub/subscribers.h"

#include <cassert>
#include <utility>

namespace sluice::hub {

size_t SizeOf(const Publication& publication) {
  constexpr size_t kRest = 128;  // tags, lengths, and what it takes in memory
  return kRest + publication.space.size() + publication.channel.size() +
         publication.body.bytes.size() + publication.connection.size() + publication.user.size();
}

void Subscribers::OnPublication(Publication publication) {
  if (Queue(std::move(publication))) {
    home_.Post([this](Now) { Fetch(); });
  }
}

// Whether somebody must come for it.
bool Subscribers::Queue(Publication publication) {
  absl::MutexLock lock(&mutex_);
  auto space = audiences_.find(publication.space);
  if (space == audiences_.end()) return false;
  auto audience = space->second.find(publication.channel);
  if (audience == space->second.end()) return false;
  const size_t size = SizeOf(publication);
  full_ = full_ || queue_bytes_ + size > options_.queue_bytes;
  if (full_) {
    ++audience->second.lost;
    dropped_.Add();
  } else {
    queue_bytes_ += size;
    queue_.push_back(std::make_shared<const Publication>(std::move(publication)));
  }
  return !std::exchange(posted_, true);
}

void Subscribers::Fetch() {
  assert(thread_.IsCurrent());
  struct Loss {
    std::string space;
    std::string channel;
    uint64_t count;
  };
  std::vector<Shared> queue;
  std::vector<Loss> losses;
  {
    absl::MutexLock lock(&mutex_);
    posted_ = false;
    queue.swap(queue_);
    queue_bytes_ = 0;
    if (std::exchange(full_, false)) {
      for (auto& [space, channels] : audiences_) {
        for (auto& [channel, audience] : channels) {
          if (audience.lost > 0)
            losses.push_back({space, channel, std::exchange(audience.lost, 0)});
        }
      }
    }
  }
  for (const Shared& publication : queue) Deliver(publication);
  for (const Loss& loss : losses) TellLost(loss.space, loss.channel, loss.count);
}

void Subscribers::Deliver(const Shared& publication) {
  for (auto& [id, subscriber] : by_id_) {
    bool wants = subscriber.space == publication->space &&
                 subscriber.channels.contains(publication->channel);
    if (wants) Keep(subscriber, publication);
  }
}

void Subscribers::TellLost(const std::string& space, const std::string& channel, uint64_t count) {
  for (auto& [id, subscriber] : by_id_) {
    if (subscriber.space != space || !subscriber.channels.contains(channel)) continue;
    TellLost(subscriber, count);
  }
}

void Subscribers::TellLost(Subscriber& subscriber, uint64_t count) {
  (subscriber.backlog.empty() ? subscriber.lost : subscriber.lost_behind) += count;
  Notify(subscriber);
}

void Subscribers::TellGap(const std::string& space) {
  assert(thread_.IsCurrent());
  for (auto& [id, subscriber] : by_id_) {
    if (subscriber.space == space) TellLost(subscriber, 1);
  }
}

void Subscribers::Notify(Subscriber& subscriber) {
  if (std::exchange(subscriber.notified, true)) return;
  subscriber.ready();
}

// The oldest of the backlog; what was lost before it has been told, or is added up.
Subscribers::Shared Subscribers::Pop(Subscriber& subscriber) {
  Shared oldest = std::move(subscriber.backlog.front().publication);
  subscriber.lost += subscriber.backlog.front().lost;
  subscriber.backlog.pop_front();
  subscriber.bytes -= SizeOf(*oldest);
  if (subscriber.backlog.empty()) subscriber.lost += std::exchange(subscriber.lost_behind, 0);
  return oldest;
}

void Subscribers::Lose(Subscriber& subscriber) {
  ++subscriber.lost;
  Pop(subscriber);
}

void Subscribers::Keep(Subscriber& subscriber, const Shared& publication) {
  subscriber.backlog.push_back({publication, std::exchange(subscriber.lost_behind, 0)});
  subscriber.bytes += SizeOf(*publication);
  while (subscriber.backlog.size() > options_.backlog_max ||
         subscriber.bytes > options_.backlog_bytes) {
    Lose(subscriber);
  }
  Notify(subscriber);
}

absl::StatusOr<Subscribers::Id> Subscribers::Subscribe(std::string space,
                                                       std::vector<std::string> channels,
                                                       absl::AnyInvocable<void()> ready) {
  assert(thread_.IsCurrent());
  if (by_id_.size() >= options_.subscribers_max) {
    return absl::ResourceExhaustedError("--subscribers-max subscribers are open");
  }
  Id id = next_++;
  Subscriber& subscriber = by_id_[id];
  subscriber.space = std::move(space);
  subscriber.channels.insert(channels.begin(), channels.end());
  subscriber.ready = std::move(ready);
  {
    absl::MutexLock lock(&mutex_);
    auto& audiences = audiences_[subscriber.space];
    for (const std::string& channel : subscriber.channels) ++audiences[channel].subscribers;
  }
  subscribed_.store(by_id_.size(), std::memory_order_relaxed);
  return id;
}

Subscribers::Batch Subscribers::Take(Id id, size_t max, size_t bytes_max) {
  assert(thread_.IsCurrent());
  Batch batch;
  auto found = by_id_.find(id);
  if (found == by_id_.end()) return batch;
  Subscriber& subscriber = found->second;
  auto& backlog = subscriber.backlog;
  while (!backlog.empty() && SizeOf(*backlog.front().publication) > bytes_max) Lose(subscriber);
  batch.lost = std::exchange(subscriber.lost, 0);
  size_t bytes = 0;
  while (!backlog.empty() && batch.publications.size() < max) {
    bytes += SizeOf(*backlog.front().publication);
    if (bytes > bytes_max) break;
    if (uint64_t lost = std::exchange(backlog.front().lost, 0); lost > 0) {
      // Told before it: with the first of a batch, or by the next batch.
      (batch.publications.empty() ? batch.lost : subscriber.lost) += lost;
      if (!batch.publications.empty()) break;
    }
    batch.publications.push_back(Pop(subscriber));
  }
  batch.backlog = subscriber.backlog.size();
  subscriber.notified = false;
  return batch;
}

void Subscribers::Unsubscribe(Id id) {
  assert(thread_.IsCurrent());
  auto found = by_id_.find(id);
  if (found == by_id_.end()) return;
  {
    absl::MutexLock lock(&mutex_);
    auto space = audiences_.find(found->second.space);
    for (const std::string& channel : found->second.channels) {
      auto audience = space->second.find(channel);
      if (--audience->second.subscribers == 0) space->second.erase(audience);
    }
    if (space->second.empty()) audiences_.erase(space);
  }
  by_id_.erase(found);
  subscribed_.store(by_id_.size(), std::memory_order_relaxed);
}

}  // namespace sluice::hub
