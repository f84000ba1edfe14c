// SPDX-License-Identifier: Apache-2.0
#include "storage/redis/subscriber.h"

#include <utility>
#include <vector>

#include "gateway/runtime/loop.h"

namespace sluice::storage::redis {
namespace {

// So many are asked for at a time, so that many channels do not fill the queue.
constexpr size_t kAskedMax = 256;

}  // namespace

Subscriber::Subscriber(Context& context, Role role, Find find, bool sharded, User& user)
    : context_(context),
      sharded_(sharded),
      user_(user),
      link_(context, role, /*listening=*/true, std::move(find), *this) {}

void Subscriber::Add(const std::string& channel) {
  link_.Start();
  channels_[channel] = Channel{.state = State::kWaiting, .added = ++adds_};
  to_ask_.push_back(channel);
  Pump();
}

void Subscriber::Remove(const std::string& channel) {
  auto found = channels_.find(channel);
  if (found == channels_.end()) return;
  State state = found->second.state;
  channels_.erase(found);
  if (!link_.ready() || (state != State::kAsked && state != State::kConfirmed)) return;
  // Not answered in time: heard on, which is harmless; or the silence ends the connection.
  link_.ready()->Send({sharded_ ? "SUNSUBSCRIBE" : "UNSUBSCRIBE", channel}, Instant::Future(),
                      [](const absl::StatusOr<Reply>&) {});
}

void Subscriber::Tick(Instant now) {
  link_.Tick(now);
  Pump();
}

void Subscriber::OnReady(const ServerFacts&) {
  to_ask_.clear();
  asked_ = 0;
  for (auto& [channel, state] : channels_) {
    if (state.state == State::kWaiting) to_ask_.push_back(channel);
  }
  Pump();
}

void Subscriber::OnDown(const absl::Status&) {
  std::vector<std::string> cut;
  for (auto& [channel, state] : channels_) {
    if (state.state == State::kConfirmed) cut.push_back(channel);
    if (state.state != State::kRefused) state.state = State::kWaiting;
  }
  for (const std::string& channel : cut) user_.OnCut(channel);
}

void Subscriber::Pump() {
  while (link_.ready() && asked_ < kAskedMax && !to_ask_.empty()) {
    std::string channel = std::move(to_ask_.front());
    to_ask_.pop_front();
    auto found = channels_.find(channel);
    if (found != channels_.end() && found->second.state == State::kWaiting) {
      Ask(channel, found->second);
    }
  }
}

void Subscriber::Ask(const std::string& channel, Channel& state) {
  state.state = State::kAsked;
  ++asked_;
  Instant deadline = context_.loop.Now() + context_.options.command_timeout;
  link_.ready()->Send({sharded_ ? "SSUBSCRIBE" : "SUBSCRIBE", channel}, deadline,
                      [this, channel, added = state.added](const absl::StatusOr<Reply>& reply) {
                        OnAnswer(channel, added, reply);
                      });
}

void Subscriber::OnAnswer(const std::string& channel, uint64_t added,
                          const absl::StatusOr<Reply>& reply) {
  --asked_;
  if (absl::IsUnavailable(reply.status())) return;  // OnDown follows
  if (!reply.ok()) return link_.Reconnect(reply.status());
  if (!reply->is_error() && (reply->elements.size() != 3 || reply->elements[1].text != channel)) {
    return link_.Reconnect(absl::UnavailableError("Redis confirmed what nobody subscribed to"));
  }
  auto found = channels_.find(channel);
  if (found != channels_.end() && found->second.added == added) {
    bool refused = reply->is_error();
    found->second.state = refused ? State::kRefused : State::kConfirmed;
    if (refused) {
      user_.OnRefused(channel, *reply);
    } else {
      user_.OnConfirmed(channel);
    }
  }
  Pump();
}

void Subscriber::OnPush(Reply push) {
  std::string channel = std::move(push.elements[1].text);
  const std::string& kind = push.elements[0].text;
  auto found = channels_.find(channel);
  if (kind == "message" || kind == "smessage") {
    if (found != channels_.end()) return user_.OnMessage(channel, std::move(push.elements[2].text));
    context_.probe.messages_strange.Add();
    return;
  }
  // If it was asked for since, the answer to that is still to come, and tells.
  if (found == channels_.end() || found->second.state != State::kConfirmed) return;
  found->second.state = State::kRefused;
  user_.OnCut(channel);
  user_.OnEvicted(channel);
}

}  // namespace sluice::storage::redis
