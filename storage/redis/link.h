// SPDX-License-Identifier: Apache-2.0
//
// A connection that comes back: whoever holds a link has at most one connection to the server,
// tried again for ever. Each try asks anew where the server is, greets it and checks its role, all
// within
// --redis-connect-timeout; between tries it waits (back_off.h). What a try learns after it was
// given up is dropped with it. Loop thread. Internal to the room.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "storage/redis/back_off.h"
#include "storage/redis/connection.h"
#include "storage/redis/context.h"
#include "storage/redis/greeting.h"
#include "storage/time.h"

namespace sluice::storage::redis {

// Says where the server is, within the call or later; not at all: the try ends by its deadline.
using Found = absl::AnyInvocable<void(absl::StatusOr<Address> address)>;
using Find = std::function<void(Found found)>;

class Link final : private Connection::User {
 public:
  // None of these may destroy the link.
  class User {
   public:
    virtual ~User() = default;
    virtual void OnReady(const ServerFacts& facts) = 0;
    virtual void OnPush(Reply push) = 0;
    // The connection has ended, or a try has failed. There will be another.
    virtual void OnDown(const absl::Status& why) = 0;
  };

  // `listening`: see Connection.
  Link(Context& context, Role role, bool listening, Find find, User& user);

  void Start();  // again: does nothing
  void Stop();   // what is pending fails; no more tries
  // Every few ms.
  void Tick(Instant now);

  // Drops what it has, and tries anew after a pause.
  void Reconnect(const absl::Status& why);

  bool started() const { return state_ != State::kStopped; }
  // Null unless it is ready for commands. Good until the next tick.
  Connection* ready() const { return state_ == State::kReady ? connection_.get() : nullptr; }
  // Where it is connected to, or tries; null: nowhere.
  const Address* address() const { return connection_ ? &connection_->address() : nullptr; }
  // Why it is not ready.
  const absl::Status& trouble() const { return trouble_; }

 private:
  enum class State { kStopped, kPausing, kFinding, kGreeting, kReady };

  void OnOpen() override;
  void OnPush(Reply push) override { user_.OnPush(std::move(push)); }
  void OnClosed(const absl::Status& why) override;

  void Try(Instant now);
  absl::Status TooLong() const;
  void Connect(const absl::StatusOr<Address>& address);
  void Pause(const absl::Status& why);
  void OnGreeted(GreetingCheck check, const absl::StatusOr<Reply>& reply);

  Context& context_;
  const Role role_;
  const bool listening_;
  const Find find_;
  User& user_;
  State state_ = State::kStopped;
  BackOff back_off_;
  uint64_t tries_ = 0;
  Instant until_;  // of the pause, or of the try
  absl::Status trouble_ = absl::UnavailableError("not connected yet");
  size_t steps_left_ = 0;
  ServerFacts facts_;
  std::unique_ptr<Connection> connection_;
  std::vector<std::unique_ptr<Connection>> gone_;  // destroyed where none of them calls us
};

}  // namespace sluice::storage::redis
