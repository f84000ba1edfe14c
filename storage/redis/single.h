// SPDX-License-Identifier: Apache-2.0
//
// A topology of one master: the server that the URL names. Internal to the room.
#pragma once

#include <utility>

#include "storage/redis/router.h"

namespace sluice::storage::redis {

class Single final : public Router, private Server::User {
 public:
  Single(Context& context, Router::User& user, Subscriber::User& listener)
      : user_(user),
        server_(
            context, Role::kMaster,
            [address = context.options.url.addresses.front()](Found found) { found(address); },
            /*sharded=*/false, *this, listener) {}

  void Start() override { server_.Start(); }
  void Stop() override { server_.Stop(); }
  void Tick(Instant now) override { server_.Tick(now); }
  bool sharded() const override { return false; }
  Server* Owner(uint16_t) override { return &server_; }
  Server* At(const Address&) override { return nullptr; }
  void Learn(uint16_t, const Address&) override {}
  void Doubt() override {}
  absl::Status trouble() const override { return server_.trouble(); }

 private:
  void OnServerReady(Server&, bool fresh) override {
    if (fresh) user_.OnNewMaster();
  }
  void OnServerDown(Server&) override {}

  Router::User& user_;
  Server server_;
};

}  // namespace sluice::storage::redis
