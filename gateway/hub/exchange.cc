// SPDX-License-Identifier: Apache-2.0
#include "gateway/hub/exchange.h"

#include <utility>

namespace sluice::hub {

size_t SizeOf(const Publication& publication) {
  constexpr size_t kRest = 128;  // tags, lengths, and what it takes in memory
  return kRest + publication.space.size() + publication.channel.size() +
         publication.body.bytes.size() + publication.connection.size() + publication.user.size();
}

void Exchange::OnPublication(Publication publication) {
  auto shared = std::make_shared<const Publication>(std::move(publication));
  home_.Post([this, shared = std::move(shared)](Now) { Deliver(shared); });
}

void Exchange::Deliver(const std::shared_ptr<const Publication>& publication) {
  for (auto& [id, subscriber] : subscribers_) {
    bool wants = subscriber.space == publication->space &&
                 subscriber.channels.contains(publication->channel);
    if (wants) Keep(subscriber, publication);
  }
}

std::shared_ptr<const Publication> Exchange::Pop(Subscriber& subscriber) {
  std::shared_ptr<const Publication> oldest = std::move(subscriber.backlog.front());
  subscriber.backlog.pop_front();
  subscriber.bytes -= SizeOf(*oldest);
  return oldest;
}

void Exchange::Lose(Subscriber& subscriber) {
  Pop(subscriber);
  ++subscriber.lost;
  ++lost_total_;
}

void Exchange::Keep(Subscriber& subscriber, const std::shared_ptr<const Publication>& publication) {
  subscriber.backlog.push_back(publication);
  subscriber.bytes += SizeOf(*publication);
  while (subscriber.backlog.size() > options_.backlog_max ||
         subscriber.bytes > options_.backlog_bytes) {
    Lose(subscriber);
  }
  if (std::exchange(subscriber.notified, true)) return;
  subscriber.ready();
}

absl::StatusOr<Exchange::SubscriberId> Exchange::Subscribe(std::string space,
                                                           std::vector<std::string> channels,
                                                           absl::AnyInvocable<void()> ready) {
  if (subscribers_.size() >= options_.subscribers_max) {
    return absl::ResourceExhaustedError("--subscribers-max subscribers are open");
  }
  SubscriberId id = next_++;
  Subscriber& subscriber = subscribers_[id];
  subscriber.space = std::move(space);
  subscriber.channels.insert(channels.begin(), channels.end());
  subscriber.ready = std::move(ready);
  subscribed_.store(subscribers_.size(), std::memory_order_relaxed);
  return id;
}

Exchange::Batch Exchange::Take(SubscriberId id, size_t max, size_t bytes_max) {
  Batch batch;
  auto found = subscribers_.find(id);
  if (found == subscribers_.end()) return batch;
  Subscriber& subscriber = found->second;
  auto& backlog = subscriber.backlog;
  while (!backlog.empty() && SizeOf(*backlog.front()) > bytes_max) Lose(subscriber);
  batch.lost = std::exchange(subscriber.lost, 0);
  size_t bytes = 0;
  while (!backlog.empty() && batch.publications.size() < max) {
    bytes += SizeOf(*backlog.front());
    if (bytes > bytes_max) break;
    batch.publications.push_back(Pop(subscriber));
  }
  batch.backlog = subscriber.backlog.size();
  subscriber.notified = false;
  return batch;
}

void Exchange::Unsubscribe(SubscriberId id) {
  subscribers_.erase(id);
  subscribed_.store(subscribers_.size(), std::memory_order_relaxed);
}

}  // namespace sluice::hub
