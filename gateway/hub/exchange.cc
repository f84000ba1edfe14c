// SPDX-License-Identifier: Apache-2.0
#include "gateway/hub/exchange.h"

#include <utility>

namespace sluice::hub {

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

void Exchange::Keep(Subscriber& subscriber, const std::shared_ptr<const Publication>& publication) {
  subscriber.backlog.push_back(publication);
  if (subscriber.backlog.size() > options_.backlog_max) {
    subscriber.backlog.pop_front();
    ++subscriber.lost;
    ++lost_total_;
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

Exchange::Batch Exchange::Take(SubscriberId id, size_t max) {
  Batch batch;
  auto found = subscribers_.find(id);
  if (found == subscribers_.end()) return batch;
  Subscriber& subscriber = found->second;
  batch.lost = std::exchange(subscriber.lost, 0);
  while (!subscriber.backlog.empty() && batch.publications.size() < max) {
    batch.publications.push_back(std::move(subscriber.backlog.front()));
    subscriber.backlog.pop_front();
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
