// SPDX-License-Identifier: Apache-2.0
//
// The workers of this node, for clients of other nodes: tells those what is offered here, gives
// their errands to the worker that they name, and brings the answers back.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "control/errand.h"
#include "control/left_behind.h"
#include "control/lending_post.h"
#include "control/node.h"
#include "control/offer_book.h"
#include "gateway/hub/worker.h"
#include "sluice/internal/v1/lending.pb.h"
#include "storage/time.h"

namespace sluice::control {

class Lender {
 public:
  // All outlive this.
  Lender(const Node& node, LendingPost& post, LeftBehind& left_behind, ClusterProbe& probe)
      : node_(node), post_(post), left_behind_(left_behind), probe_(probe) {}

  // --- Of workers; home thread. All shards have it already, or are told before others. -----------

  struct Worker {
    hub::WorkerId id = 0;
    std::string name;
    std::weak_ptr<LentWorker> session;
  };
  void Add(const Worker& worker, const v1::Register& proto, const hub::Registration& made);
  // It may name events that no worker declares any more.
  void TakeBack(hub::WorkerId worker, const v1::Deregister& proto);
  // All of it; what it has been given goes on.
  void Withdraw(hub::WorkerId worker);

  // --- Of workers; any thread --------------------------------------------------------------------

  void Answer(std::vector<AnsweredErrand> answered);
  void Lose(LostErrands lost);
  // The worker has credit that it had not.
  void TellFree(hub::WorkerId worker);

  // --- Of other nodes; home thread ---------------------------------------------------------------

  void OnWanted(const Peer& peer, uint64_t since);
  void OnErrands(const Peer& peer, internal::v1::LendingMail& mail, Now now);
  // Errands for this node may have been lost.
  void OnGap();
  void OnGone(const std::string& node);
  // Call it every few ms.
  void Tick(Now now);

 private:
  struct Lent {
    Worker worker;
    OfferBook offers;
    uint32_t credit = 0;                           // as it was told
    uint64_t changed = 0;                          // the version that its last change made
    std::map<std::string, std::string> waiting{};  // nodes (and their epochs) that want credit
  };
  struct Forgotten {
    uint64_t version = 0;
    hub::WorkerId worker = 0;
    v1::Deregister what;
    size_t bytes = 0;
  };

  void Changed(Lent& lent);
  void NoteCredits();
  void Remember(hub::WorkerId worker, const v1::Deregister& proto);
  std::shared_ptr<LentWorker> SessionOf(hub::WorkerId worker) const;
  // Gives it to its worker, or says why not.
  void Run(const Peer& peer, internal::v1::Errand& errand, Now now,
           internal::v1::LendingMail& back);
  void Freed(const Errand& errand);
  void FreeHere(hub::WorkerId worker);

  const Node& node_;
  LendingPost& post_;
  LeftBehind& left_behind_;
  ClusterProbe& probe_;
  std::map<hub::WorkerId, Lent> lent_;
  uint64_t version_ = 0;
  uint64_t registers_ = 0;           // so many messages were taken
  std::deque<Forgotten> forgotten_;  // the latest
  size_t forgotten_bytes_ = 0;
  uint64_t forgotten_until_ = 0;  // of the newest that is not kept any more
  bool changed_ = false;          // since the last news
  bool missed_ = false;           // errands, perhaps, and nobody was told yet
  Instant news_at_ = Instant::Past();
};

}  // namespace sluice::control
