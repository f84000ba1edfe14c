// SPDX-License-Identifier: Apache-2.0
//
// The channels that are listened on at one server, over a connection of its own. Each is asked for
// by a command of its own (in a cluster, channels of two slots do not go together), and each answer
// is read: a channel is confirmed, refused, or asked for again when the connection is back.
// Loop thread. Internal to the room.
#pragma once

#include <cstdint>
#include <deque>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "storage/redis/context.h"
#include "storage/redis/link.h"

namespace sluice::storage::redis {

class Subscriber final : private Link::User {
 public:
  // None of these may destroy the subscriber. Channels are those that were added.
  class User {
   public:
    virtual ~User() = default;
    virtual void OnConfirmed(const std::string& channel) = 0;
    // It was confirmed and is not any more. It is asked for again by itself.
    virtual void OnCut(const std::string& channel) = 0;
    // Redis has ended it, or refuses it with an error (such as MOVED). It is not asked for again
    // here until it is removed and added.
    virtual void OnEvicted(const std::string& channel) = 0;
    virtual void OnRefused(const std::string& channel, const Reply& error) = 0;
    virtual void OnMessage(const std::string& channel, std::string payload) = 0;
  };

  // `sharded`: SSUBSCRIBE. Connects when the first channel is added, and then stays connected.
  Subscriber(Context& context, Role role, Find find, bool sharded, User& user);

  void Add(const std::string& channel);
  void Remove(const std::string& channel);
  void Stop() { link_.Stop(); }
  void Tick(Instant now);

  Link& link() { return link_; }
  const Link& link() const { return link_; }

 private:
  enum class State { kWaiting, kAsked, kConfirmed, kRefused };
  struct Channel {
    State state = State::kWaiting;
    uint64_t added = 0;  // which Add: an answer to one before does not count
  };

  void OnReady(const ServerFacts& facts) override;
  void OnDown(const absl::Status& why) override;
  void OnPush(Reply push) override;

  void Pump();
  void Ask(const std::string& channel, Channel& state);
  void OnAnswer(const std::string& channel, uint64_t added, const absl::StatusOr<Reply>& reply);

  Context& context_;
  const bool sharded_;
  User& user_;
  Link link_;
  absl::flat_hash_map<std::string, Channel> channels_;
  std::deque<std::string> to_ask_;
  uint64_t adds_ = 0;
  size_t asked_ = 0;  // not answered yet
};

}  // namespace sluice::storage::redis
