// SPDX-License-Identifier: Apache-2.0
#include "control/borrower.h"

#include <algorithm>
#include <limits>
#include <optional>
#include <utility>

#include "gateway/hub/shard.h"
#include "gateway/hub/shard_set.h"
#include "gateway/hub/workers.h"
#include "storage/broker.h"

namespace sluice::control {
namespace {

using internal::v1::LendingMail;
using internal::v1::LendingNews;
using internal::v1::Offers;

// Others may not know yet whom to answer.
constexpr absl::Duration kAskAgain = absl::Milliseconds(100);

// Ids of this node's own workers count from 1.
constexpr hub::WorkerId kBorrowed = hub::WorkerId{1} << 63;

}  // namespace

// What every shard does, in this order: takes back, forgets, takes.
struct Borrower::Step {
  hub::WorkerId withdrawn = 0;
  std::optional<hub::Deregistration> deregistration{};
  std::optional<hub::Registration> registration{};

  void Run(hub::Shard& shard, Now now) const {
    if (withdrawn != 0) shard.workers().Withdraw(withdrawn, now);
    if (deregistration) shard.workers().Deregister(*deregistration, now);
    if (!registration) return;
    shard.workers().Register(*registration, now).IgnoreError();  // it is refused elsewhere
    shard.workers().OnCredit(now);
  }
};

// Posted by the home thread as registrations of this node's workers are, so all shards see them in
// one order.
void Borrower::Carry(Steps steps) {
  if (steps.empty()) return;
  auto shared = std::make_shared<const Steps>(std::move(steps));
  for (uint32_t i = 0; i < node_.shards.size(); ++i) {
    node_.shards.Post(i, [shared](hub::Shard& shard, Now now) {
      for (const Step& step : *shared) step.Run(shard, now);
    });
  }
}

// --- Who lends -----------------------------------------------------------------------------------

void Borrower::Begin(Now now, absl::AnyInvocable<void()> done) {
  begun_ = std::move(done);
  begin_until_ = now + node_.limits.cluster_timeout;
  node_.broker.Hear(kLendingSpace, node_.home, [this](bool, Now heard) {
    if (node_.broker.peers().empty()) return EndBegin();
    AskAll(heard_);
    ask_again_ = heard + kAskAgain;
  });
}

void Borrower::AskAll(const std::set<std::string>& but) {
  LendingNews news;
  news.set_all_wanted(true);
  for (const std::string& node : but) news.add_known_nodes(node);
  parts_.post.Say(std::move(news));
}

void Borrower::EndBegin() {
  if (auto begun = std::exchange(begun_, nullptr)) begun();
}

Borrower::Lender& Borrower::LenderOf(const Peer& peer) {
  auto found = lenders_.find(peer.node);
  if (found != lenders_.end() && found->second.peer.epoch != peer.epoch) OnGone(peer.node);
  Lender& lender = lenders_[peer.node];
  lender.peer = peer;
  return lender;
}

void Borrower::OnNews(const Peer& peer, const LendingNews& news, Now now) {
  if (news.version() == 0) return;
  Lender& lender = LenderOf(peer);
  lender.news = news.version();
  if (news.missed()) OnGap(peer.node);
  for (auto& [id, borrowed] : lender.workers) borrowed.link->Resume();
  Ask(lender, now);
}

void Borrower::Ask(Lender& lender, Now now) {
  if (lender.news == lender.version) return;
  if (now < lender.asked + node_.limits.cluster_timeout) return;
  lender.asked = now;
  LendingMail mail;
  mail.mutable_wanted()->set_since(lender.version);
  parts_.post.Tell(lender.peer, std::move(mail)).IgnoreError();  // it is asked again
}

void Borrower::OnGone(const std::string& node) {
  auto found = lenders_.find(node);
  if (found == lenders_.end()) return;
  Steps steps;
  for (auto& [id, borrowed] : found->second.workers) Withdraw(borrowed, steps);
  Carry(std::move(steps));
  Lose(parts_.calls.EndAll(node));
  lenders_.erase(found);
}

// Whoever waits for an answer would perhaps wait in vain.
void Borrower::OnGap(const std::string& node) {
  std::vector<BorrowedCalls::Numbered> calls = parts_.calls.EndAll(node);
  for (const auto& [number, call] : calls) {
    LendingMail mail;
    internal::v1::Cancel& cancel = *mail.add_cancelled();
    cancel.set_number(number);
    cancel.set_worker(call.worker->id());
    parts_.post.Tell(call.worker->peer(), std::move(mail)).IgnoreError();
  }
  Lose(std::move(calls));
}

void Borrower::Tick(Now now) {
  if (begun_ && now >= begin_until_) EndBegin();
  if (begun_ && now >= ask_again_) {
    ask_again_ = now + kAskAgain;
    AskAll(heard_);
  }
  const bool degraded = node_.broker.health().degraded;
  if (degraded == std::exchange(degraded_, degraded)) return;
  if (!degraded) return AskAll({});
  for (auto& [node, lender] : lenders_) {
    for (auto& [id, borrowed] : lender.workers) borrowed.link->Pause();
  }
  Lose(parts_.calls.EndAll(""));
}

// --- What is lent --------------------------------------------------------------------------------

void Borrower::OnMail(const Peer& peer, LendingMail& mail, Now now) {
  if (mail.has_offers()) {
    Lender& lender = LenderOf(peer);
    auto offers =
        lender.incoming.Take(std::move(*mail.mutable_offers()), limits_.registration_bytes);
    if (offers) Take(lender, *std::move(offers), now);
  }
  Settle(peer, mail);
  if (mail.free_workers().empty()) return;
  Lender& lender = LenderOf(peer);
  for (uint64_t id : mail.free_workers()) {
    auto found = lender.workers.find(id);
    if (found != lender.workers.end()) found->second.link->Resume();
  }
}

void Borrower::Take(Lender& lender, Offers offers, Now now) {
  lender.asked = Instant::Past();
  Steps steps;
  for (const Offers::Forgotten& one : offers.forgotten()) Forget(lender, one, steps);
  if (lender.version == 0) TakeLeftBehind(lender, offers, steps);
  const std::set<uint64_t> alive(offers.alive().begin(), offers.alive().end());
  std::erase_if(lender.workers, [&](auto& one) {
    if (alive.contains(one.first)) return false;
    Withdraw(one.second, steps);
    return true;
  });
  // The parts of one worker stand side by side.
  for (int i = 0; i < offers.workers_size();) {
    Offers::Worker worker = std::move(*offers.mutable_workers(i));
    for (++i; i < offers.workers_size() && offers.workers(i).id() == worker.id(); ++i) {
      worker.mutable_registers()->MergeFrom(offers.workers(i).registers());
    }
    if (alive.contains(worker.id())) TakeWorker(lender, worker, steps);
  }
  lender.version = offers.version();
  lender.news = std::max(lender.news, lender.version);
  Ask(lender, now);  // it may have changed meanwhile
  Carry(std::move(steps));
  heard_.insert(lender.peer.node);
  if (begun_ && heard_.size() >= node_.broker.peers().size()) EndBegin();
}

WorkerIdentity Borrower::MakeIdentity(Lender& lender, uint64_t id, const std::string& name) {
  WorkerIdentity identity;
  identity.id = kBorrowed | ++last_;
  identity.name = name;
  identity.link = std::make_shared<BorrowedWorker>(parts_, lender.peer, id);
  identity.registered = lender.registered;
  identity.elsewhere = true;
  return identity;
}

Borrower::Borrowed& Borrower::BorrowedOf(Lender& lender, const Offers::Worker& proto) {
  Borrowed& borrowed = lender.workers[proto.id()];
  if (borrowed.link) return borrowed;
  borrowed.identity = MakeIdentity(lender, proto.id(), proto.name());
  borrowed.link = std::static_pointer_cast<BorrowedWorker>(borrowed.identity.link);
  if (degraded_) borrowed.link->Pause();
  probe_.cluster.workers_borrowed.Add(1);
  return borrowed;
}

// As if a worker without credit had come, and left again.
void Borrower::TakeLeftBehind(Lender& lender, const Offers& offers, Steps& steps) {
  if (offers.left_behind().empty()) return;
  Borrowed nobody;
  nobody.identity = MakeIdentity(lender, 0, "");
  for (const v1::Register& proto : offers.left_behind()) AddStep(nobody, proto, steps);
  left_behind_.Leave(offers.left_behind());
  steps.push_back({.withdrawn = nobody.identity.id});
}

// What it registered anew first, so that nothing is without a worker in between; then what it does
// not offer any more, of which nobody said that it is to be forgotten.
void Borrower::TakeWorker(Lender& lender, const Offers::Worker& proto, Steps& steps) {
  Borrowed& borrowed = BorrowedOf(lender, proto);
  borrowed.link->SetCredit(proto.credit());
  OfferBook now_offered;
  for (v1::Register one : proto.registers()) {
    one.add_context(v1::CONTEXT_FIELD_NAMESPACE);  // the lender wants to know; it tells who asked
    const bool known = borrowed.offers.registers().contains(one.id());
    if (known || AddStep(borrowed, one, steps)) now_offered.Add(std::move(one), {});
  }
  const std::vector<std::string> left = borrowed.offers.SpacesBeyond(now_offered);
  for (const std::string& space : left) left_behind_.Leave(borrowed.offers, space);
  borrowed.offers = std::move(now_offered);
  for (const auto& [id, one] : borrowed.offers.registers()) left_behind_.Return(one);
  for (const std::string& space : left) {
    hub::Deregistration all{.worker = borrowed.identity.id, .space = space, .everything = true};
    steps.push_back({.deregistration = std::move(all)});
    for (const auto& [id, one] : borrowed.offers.registers()) {
      if (one.namespace_() == space) AddStep(borrowed, one, steps);
    }
  }
}

bool Borrower::AddStep(const Borrowed& borrowed, const v1::Register& proto, Steps& steps) {
  size_t names_left = std::numeric_limits<size_t>::max();
  auto made = ToRegistration(proto, borrowed.identity, limits_, names_left);
  if (!made.ok()) {
    probe_.cluster.offers_refused.Add();
    return false;
  }
  steps.push_back({.registration = *std::move(made)});
  return true;
}

void Borrower::Forget(Lender& lender, const Offers::Forgotten& forgotten, Steps& steps) {
  if (lender.version == 0 || forgotten.version() <= lender.version) return;
  auto found = lender.workers.find(forgotten.worker());
  const bool known = found != lender.workers.end();
  size_t names_left = std::numeric_limits<size_t>::max();
  auto made = ToDeregistration(forgotten.what(), known ? found->second.identity.id : 0, names_left);
  if (!made.ok()) return probe_.cluster.offers_refused.Add();
  if (known) found->second.offers.Remove(forgotten.what());
  left_behind_.Forget(forgotten.what());
  steps.push_back({.deregistration = *std::move(made)});
}

void Borrower::Withdraw(const Borrowed& borrowed, Steps& steps) {
  probe_.cluster.workers_borrowed.Add(-1);
  left_behind_.Leave(borrowed.offers);
  steps.push_back({.withdrawn = borrowed.identity.id});
}

}  // namespace sluice::control
