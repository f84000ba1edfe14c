// SPDX-License-Identifier: Apache-2.0
//
// A topology of one master that sentinels choose: each try asks them who it is, and so does a
// timer, so that a change is noticed though the old master answers (after a pause it does, for a
// while, and loses what it is told). Internal to the room.
#pragma once

#include <utility>

#include "storage/redis/router.h"
#include "storage/redis/sentinels.h"

namespace sluice::storage::redis {

class Watched final : public Router, private Server::User {
 public:
  Watched(Context& context, Router::User& user, Subscriber::User& listener)
      : context_(context),
        user_(user),
        sentinels_(context),
        server_(
            context, Role::kMaster, [this](Found found) { sentinels_.Ask(std::move(found)); },
            /*sharded=*/false, static_cast<Server::User&>(*this), listener) {}

  void Start() override {
    sentinels_.Start();
    server_.Start();
  }
  void Stop() override {
    server_.Stop();
    sentinels_.Stop();
  }
  void Tick(Instant now) override {
    sentinels_.Tick(now);
    server_.Tick(now);
    if (now >= next_) AskAgain(now);
  }
  bool sharded() const override { return false; }
  Server* Owner(uint16_t) override { return &server_; }
  Server* At(const Address&) override { return nullptr; }
  void Learn(uint16_t, const Address&) override {}
  void Doubt() override {}
  absl::Status trouble() const override { return server_.trouble(); }

 private:
  void AskAgain(Instant now) {
    next_ = now + context_.options.topology_interval * absl::Uniform(context_.random, 0.8, 1.2);
    sentinels_.Ask([this](const absl::StatusOr<Address>& master) {
      if (master.ok()) server_.MoveTo(*master);
    });
  }
  void OnServerReady(Server&, bool fresh) override {
    if (fresh) user_.OnNewMaster();
  }
  void OnServerDown(Server&) override {}

  Context& context_;
  Router::User& user_;
  Sentinels sentinels_;
  Server server_;
  Instant next_ = Instant::Past();
};

}  // namespace sluice::storage::redis
