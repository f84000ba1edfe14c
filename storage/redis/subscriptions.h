// SPDX-License-Identifier: Apache-2.0
//
// Who listens on which channel, and at which server: each channel is asked for at the owner of its
// slot, and follows it. Loop thread. Internal to the room.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "storage/redis/context.h"
#include "storage/redis/router.h"
#include "storage/redis/subscriber.h"
#include "storage/time.h"

namespace sluice::storage::redis {

// See Client::Subscribe.
struct Listener {
  std::function<void(std::string payload)> on_message{};
  std::function<void()> on_confirmed{};
  std::function<void()> on_gap{};
  std::function<void(const absl::Status& why)> on_refused{};
};

class Subscriptions final : public Subscriber::User {
 public:
  explicit Subscriptions(Context& context) : context_(context) {}

  // Before anything else. The router outlives what is done here.
  void Use(Router& router) { router_ = &router; }

  void Subscribe(std::string channel, Listener listener);
  void Unsubscribe(const std::string& channel);
  void Tick(Instant now);

  // Slots have other owners: what is asked for elsewhere moves there.
  void OnSlotsMoved();

  // OK: all channels are confirmed, or have not been wanted for long.
  absl::Status Trouble(Instant now) const;

 private:
  struct Entry {
    std::shared_ptr<Listener> listener;  // a call may end the subscription
    Server* at = nullptr;  // where it is asked for; null: nowhere, and again at `again`
    bool confirmed = false;
    Instant again = Instant::Past();
    Instant wanted;  // since when it is wanted and not confirmed
  };

  void OnConfirmed(const std::string& channel) override;
  void OnCut(const std::string& channel) override;
  void OnEvicted(const std::string& channel) override;
  void OnRefused(const std::string& channel, const Reply& error) override;
  void OnMessage(const std::string& channel, std::string payload) override;

  // Calls the function of `channel` if there is one.
  void Tell(const std::string& channel, std::function<void()> Listener::* function);
  void Place(const std::string& channel, Entry& entry);
  void Displace(const std::string& channel, Entry& entry, Instant again);
  void SetConfirmed(Entry& entry, bool confirmed);

  Context& context_;
  Router* router_ = nullptr;
  absl::flat_hash_map<std::string, Entry> entries_;
  size_t confirmed_ = 0;
  size_t unplaced_ = 0;
  std::string refusal_;  // what Redis said last when it refused one
};

}  // namespace sluice::storage::redis
