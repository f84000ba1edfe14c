// SPDX-License-Identifier: Apache-2.0
//
// The workers of other nodes, for clients of this one: keeps what they offer in the shards, as long
// as their nodes live, and brings what they answer to the calls that wait.
//
// Each is a worker of the hub by itself, so that everything that holds among workers holds among
// those of all nodes. What a lender said is never said on.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "control/borrowed_worker.h"
#include "control/left_behind.h"
#include "control/lending_post.h"
#include "control/node.h"
#include "control/offer_book.h"
#include "control/offers_parts.h"
#include "control/probe.h"
#include "control/worker_registration.h"
#include "gateway/hub/worker.h"
#include "sluice/internal/v1/lending.pb.h"
#include "storage/time.h"

namespace sluice::control {

// Home thread.
class Borrower {
 public:
  // All outlive this and the shards.
  Borrower(const Node& node, LendingPost& post, LeftBehind& left_behind, ControlProbe& probe)
      : node_(node),
        left_behind_(left_behind),
        probe_(probe),
        parts_{node, post, probe},
        limits_(node.limits) {
    limits_.registration_bytes *= 2;  // what is told anew stands beside what it replaces
  }

  // Asks all nodes what they lend. `done` runs once all have said it, or --cluster-timeout has
  // passed.
  void Begin(Now now, absl::AnyInvocable<void()> done);

  void OnNews(const Peer& peer, const internal::v1::LendingNews& news, Now now);
  void OnMail(const Peer& peer, internal::v1::LendingMail& mail, Now now);
  // What that node said may have been lost, answers too; empty: any node.
  void OnGap(const std::string& node);
  void OnGone(const std::string& node);
  // Call it every few ms.
  void Tick(Now now);

 private:
  struct Borrowed {
    std::shared_ptr<BorrowedWorker> link;
    WorkerIdentity identity;  // in the shards
    OfferBook offers;
  };
  struct Lender {
    Peer peer;
    uint64_t version = 0;             // of what is in the shards
    uint64_t news = 0;                // that it said last
    Instant asked = Instant::Past();  // when its offers were; Past: they are not awaited
    OffersAssembly incoming;
    std::map<uint64_t, Borrowed> workers;  // by their ids there
    std::shared_ptr<RegisteredBytes> registered = std::make_shared<RegisteredBytes>(0);
  };
  struct Step;
  using Steps = std::vector<Step>;

  // Of this life of the node; what another life of it lent is taken back.
  Lender& LenderOf(const Peer& peer);
  void AskAll(const std::set<std::string>& but);
  // For what is new, unless that is awaited already.
  void Ask(Lender& lender, Now now);
  void Take(Lender& lender, internal::v1::Offers offers, Now now);
  void TakeLeftBehind(Lender& lender, const internal::v1::Offers& offers, Steps& steps);
  void TakeWorker(Lender& lender, const internal::v1::Offers::Worker& proto, Steps& steps);
  // False: it cannot be taken.
  bool AddStep(const Borrowed& borrowed, const v1::Register& proto, Steps& steps);
  Borrowed& BorrowedOf(Lender& lender, const internal::v1::Offers::Worker& proto);
  WorkerIdentity MakeIdentity(Lender& lender, uint64_t id, const std::string& name);
  void Forget(Lender& lender, const internal::v1::Offers::Forgotten& forgotten, Steps& steps);
  void Withdraw(const Borrowed& borrowed, Steps& steps);
  void Carry(Steps steps);

  void Settle(const Peer& peer, internal::v1::LendingMail& mail);
  // Nobody will answer them.
  void Lose(std::vector<BorrowedCalls::Numbered> calls);
  void GiveBack(std::vector<hub::LostWork> work);
  void EndBegin();

  const Node& node_;
  LeftBehind& left_behind_;
  ControlProbe& probe_;
  BorrowedParts parts_;
  Limits limits_;  // of each lender
  std::map<std::string, Lender> lenders_;
  hub::WorkerId last_ = 0;
  bool degraded_ = false;  // the broker reaches nobody

  // While it begins.
  absl::AnyInvocable<void()> begun_;
  Instant begin_until_ = Instant::Past();
  Instant ask_again_ = Instant::Future();
  std::set<std::string> heard_;  // nodes that have said what they lend
};

}  // namespace sluice::control
