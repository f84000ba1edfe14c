// SPDX-License-Identifier: Apache-2.0
#include "storage/redis/subscriptions.h"

#include <algorithm>
#include <utility>

#include "absl/random/random.h"
#include "absl/strings/str_cat.h"
#include "gateway/runtime/loop.h"
#include "storage/redis/slots.h"

namespace sluice::storage::redis {
namespace {

// So long a new channel may be on its way before we call it a trouble.
constexpr absl::Duration kOnItsWay = absl::Milliseconds(500);
// Before it is looked again who serves a slot.
constexpr absl::Duration kUnknownPause = absl::Milliseconds(100);

}  // namespace

void Subscriptions::Subscribe(std::string channel, Listener listener) {
  Unsubscribe(channel);
  Entry& entry = entries_[channel];
  entry.listener = std::make_shared<Listener>(std::move(listener));
  entry.wanted = context_.loop.Now();
  ++unplaced_;
  context_.probe.subscriptions.Set(static_cast<int64_t>(entries_.size()));
  Place(channel, entry);
}

void Subscriptions::Unsubscribe(const std::string& channel) {
  auto found = entries_.find(channel);
  if (found == entries_.end()) return;
  Displace(channel, found->second, Instant::Future());
  --unplaced_;
  entries_.erase(found);
  context_.probe.subscriptions.Set(static_cast<int64_t>(entries_.size()));
}

void Subscriptions::Place(const std::string& channel, Entry& entry) {
  Server* server = router_->Owner(SlotOf(channel));
  if (server == nullptr) {
    entry.again = context_.loop.Now() + kUnknownPause;
    return;
  }
  entry.at = server;
  --unplaced_;
  server->subscriber().Add(channel);
}

void Subscriptions::Displace(const std::string& channel, Entry& entry, Instant again) {
  entry.again = again;
  SetConfirmed(entry, false);
  if (entry.at == nullptr) return;
  std::exchange(entry.at, nullptr)->subscriber().Remove(channel);
  ++unplaced_;
}

void Subscriptions::SetConfirmed(Entry& entry, bool confirmed) {
  if (entry.confirmed == confirmed) return;
  entry.confirmed = confirmed;
  if (!confirmed) entry.wanted = context_.loop.Now();
  confirmed_ += confirmed ? 1 : -1;
}

void Subscriptions::Tick(Instant now) {
  context_.probe.unconfirmed.Set(static_cast<int64_t>(entries_.size() - confirmed_));
  if (unplaced_ == 0) return;
  std::vector<std::string> due;
  for (auto& [channel, entry] : entries_) {
    if (entry.at == nullptr && now >= entry.again) due.push_back(channel);
  }
  for (const std::string& channel : due) {
    auto found = entries_.find(channel);
    if (found != entries_.end() && found->second.at == nullptr) Place(channel, found->second);
  }
}

void Subscriptions::OnSlotsMoved() {
  std::vector<std::string> moved;
  for (auto& [channel, entry] : entries_) {
    if (entry.at != nullptr && entry.at != router_->Owner(SlotOf(channel)))
      moved.push_back(channel);
  }
  for (const std::string& channel : moved) {
    auto found = entries_.find(channel);
    if (found == entries_.end()) continue;
    if (found->second.confirmed) OnCut(channel);
    OnEvicted(channel);
  }
}

void Subscriptions::OnConfirmed(const std::string& channel) {
  auto found = entries_.find(channel);
  if (found == entries_.end() || found->second.confirmed) return;
  SetConfirmed(found->second, true);
  Tell(channel, &Listener::on_confirmed);
}

void Subscriptions::OnCut(const std::string& channel) {
  auto found = entries_.find(channel);
  if (found == entries_.end()) return;
  SetConfirmed(found->second, false);
  context_.probe.gaps.Add();
  Tell(channel, &Listener::on_gap);
}

void Subscriptions::OnEvicted(const std::string& channel) {
  router_->Doubt();
  auto found = entries_.find(channel);
  if (found == entries_.end()) return;
  Displace(channel, found->second, Instant::Past());
  Place(channel, found->second);
}

void Subscriptions::OnRefused(const std::string& channel, const Reply& error) {
  auto found = entries_.find(channel);
  if (found == entries_.end()) return;
  std::optional<Redirection> moved = ParseRedirection(error);
  const Address* from =
      found->second.at == nullptr ? nullptr : found->second.at->subscriber().link().address();
  if (moved && moved->to.host.empty() && from != nullptr) moved->to.host = from->host;
  if (moved) {
    Displace(channel, found->second, Instant::Past());
    return router_->Learn(moved->slot, moved->to);
  }
  absl::Duration pause = context_.options.back_off_max * absl::Uniform(context_.random, 0.5, 1.0);
  Displace(channel, found->second, context_.loop.Now() + pause);
  refusal_ = error.text;
  router_->Doubt();
  std::shared_ptr<Listener> listener = found->second.listener;
  if (listener->on_refused) listener->on_refused(StatusOf(error));
}

void Subscriptions::OnMessage(const std::string& channel, std::string payload) {
  auto found = entries_.find(channel);
  if (found == entries_.end()) return;
  context_.probe.messages.Add();
  std::shared_ptr<Listener> listener = found->second.listener;
  if (listener->on_message) listener->on_message(std::move(payload));
}

void Subscriptions::Tell(const std::string& channel, std::function<void()> Listener::* function) {
  auto found = entries_.find(channel);
  if (found == entries_.end()) return;
  std::shared_ptr<Listener> listener = found->second.listener;
  if (*listener.*function) (*listener.*function)();
}

absl::Status Subscriptions::Trouble(Instant now) const {
  if (confirmed_ == entries_.size()) return absl::OkStatus();
  bool long_ago = std::any_of(entries_.begin(), entries_.end(), [now](const auto& named) {
    return !named.second.confirmed && now - named.second.wanted >= kOnItsWay;
  });
  if (!long_ago) return absl::OkStatus();
  return absl::UnavailableError(absl::StrCat(entries_.size() - confirmed_, " of ", entries_.size(),
                                             " subscriptions are not confirmed",
                                             refusal_.empty() ? "" : ": ", refusal_));
}

}  // namespace sluice::storage::redis
