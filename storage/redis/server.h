// SPDX-License-Identifier: Apache-2.0
//
// One server as we see it: a link for commands and one for what we listen on. Loop thread. Internal
// to the room.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "storage/redis/context.h"
#include "storage/redis/link.h"
#include "storage/redis/subscriber.h"

namespace sluice::storage::redis {

class Server final : private Link::User {
 public:
  // None of these may destroy the server.
  class User {
   public:
    virtual ~User() = default;
    // Its link for commands. `fresh`: it was not connected to this process of Redis before, or that
    // was a replica meanwhile, so that what we wrote may be missing.
    virtual void OnServerReady(Server& server, bool fresh) = 0;
    virtual void OnServerDown(Server& server) = 0;
  };

  Server(Context& context, Role role, const Find& find, bool sharded, User& user,
         Subscriber::User& listener)
      : user_(user),
        commands_(context, role, /*listening=*/false, find, *this),
        subscriber_(context, role, find, sharded, listener) {}

  void Start() { commands_.Start(); }
  void Stop() {
    commands_.Stop();
    subscriber_.Stop();
  }
  void Tick(Instant now) {
    commands_.Tick(now);
    subscriber_.Tick(now);
  }
  // Both links try anew, each if it is somewhere else than `address`.
  void MoveTo(const Address& address) {
    auto why = absl::UnavailableError("the master is " + ToString(address) + " now");
    for (Link* link : {&commands_, &subscriber_.link()}) {
      if (link->address() != nullptr && *link->address() != address) link->Reconnect(why);
    }
  }
  // The master may be another one.
  void Reconnect(const absl::Status& why) { commands_.Reconnect(why); }

  // Null unless commands may be sent. Good until the next tick.
  Connection* commands() const { return commands_.ready(); }
  const Address* address() const { return commands_.address(); }
  Subscriber& subscriber() { return subscriber_; }
  // OK: all that is wanted of it is connected.
  absl::Status trouble() const {
    if (!commands_.ready()) return commands_.trouble();
    const Link& listening = subscriber_.link();
    return listening.started() && !listening.ready() ? listening.trouble() : absl::OkStatus();
  }

 private:
  void OnReady(const ServerFacts& facts) override {
    const bool fresh =
        facts.run_id.empty() || facts.run_id != facts_.run_id || facts.history != facts_.history;
    facts_ = facts;
    user_.OnServerReady(*this, fresh);
  }
  void OnPush(Reply) override {}
  void OnDown(const absl::Status&) override { user_.OnServerDown(*this); }

  User& user_;
  ServerFacts facts_;  // when it was ready last
  Link commands_;
  Subscriber subscriber_;
};

}  // namespace sluice::storage::redis
