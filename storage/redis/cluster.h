// SPDX-License-Identifier: Apache-2.0
//
// A topology of many masters, each with its slots. Its table of slots comes from CLUSTER SLOTS of a
// random server: one question at a time, a least pause between two whatever goes wrong, and seldom
// while all is well. In between, MOVED teaches one slot. A server that serves nothing any more is
// let go after a while. Internal to the room.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <vector>

#include "storage/redis/router.h"
#include "storage/redis/slots.h"

namespace sluice::storage::redis {

class Cluster final : public Router, private Server::User {
 public:
  Cluster(Context& context, Router::User& user, Subscriber::User& listener);

  void Start() override;
  void Stop() override;
  void Tick(Instant now) override;
  bool sharded() const override { return true; }
  Server* Owner(uint16_t slot) override { return owners_[slot]; }
  Server* At(const Address& address) override;
  void Learn(uint16_t slot, const Address& address) override;
  void Doubt() override { doubtful_ = true; }
  absl::Status trouble() const override;

 private:
  struct Member {
    std::unique_ptr<Server> server;
    size_t slots = 0;  // that it serves
    Instant used;      // when it was last wanted, if it serves none
  };

  void OnServerReady(Server& server, bool fresh) override;
  void OnServerDown(Server&) override { Doubt(); }

  void Ask(Instant now);
  void OnSlots(const Address& from, const absl::StatusOr<Reply>& reply);
  void Adopt(const std::vector<SlotRange>& ranges);
  // True: it was another one.
  bool SetOwner(uint16_t slot, Member* member);
  void LetGo(Instant now);

  Context& context_;
  Router::User& user_;
  Subscriber::User& listener_;
  std::map<Address, Member> members_;
  std::vector<Server*> owners_;  // by slot; null: not known
  std::set<Address> masters_;    // of the last table
  std::vector<std::unique_ptr<Server>> gone_;
  bool asking_ = false;
  bool doubtful_ = true;
  Instant not_before_ = Instant::Past();  // the next question
  Instant at_last_ = Instant::Past();     // and if nothing is doubtful
};

}  // namespace sluice::storage::redis
