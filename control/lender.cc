// SPDX-License-Identifier: Apache-2.0
#include "control/lender.h"

#include <algorithm>
#include <utility>

#include "control/body.h"
#include "control/offers_parts.h"
#include "control/values.h"
#include "control/worker_results.h"
#include "gateway/hub/choice.h"
#include "gateway/hub/shard.h"
#include "gateway/hub/shard_set.h"
#include "storage/broker.h"
#include "storage/executor.h"
#include "text/utf8.h"

namespace sluice::control {
namespace {

using internal::v1::LendingMail;
using internal::v1::LendingNews;

// Whoever missed what changed hears that it did within this time. No option: changes are told at
// once, and what this costs is a message of some bytes from each node that has workers.
constexpr absl::Duration kNewsEvery = absl::Seconds(1);
// What was forgotten is kept for nodes that ask later; those that come too late take it for known,
// and unavailable. No option: others ask within a second, and so many names are taken back in that
// time by no worker; what is missed is counted.
constexpr size_t kForgottenMax = 1000;
constexpr size_t kForgottenBytesMax = 1 << 20;

// Collects outcomes for several nodes, and sends them in mails that fit.
class Outgoing {
 public:
  explicit Outgoing(LendingPost& post) : post_(post) {}
  ~Outgoing() {
    for (auto& [node, mail] : mails_) Send(mail);
  }

  internal::v1::Outcome& Add(const Errand& errand, size_t bytes) {
    Mail& mail = mails_[errand.node + '\n' + errand.epoch];
    if (mail.bytes > 0 && mail.bytes + bytes > post_.bytes_max()) Send(mail);
    mail.to = {errand.node, errand.epoch};
    mail.bytes += bytes + kOutcomeBytes;
    internal::v1::Outcome& outcome = *mail.mail.add_outcomes();
    outcome.set_number(errand.number);
    return outcome;
  }

 private:
  static constexpr size_t kOutcomeBytes = 32;  // what an outcome is besides its contents
  struct Mail {
    Peer to;
    LendingMail mail;
    size_t bytes = 0;
  };

  void Send(Mail& mail) {
    if (mail.mail.outcomes().empty()) return;
    post_.Tell(mail.to, std::move(mail.mail)).IgnoreError();  // its caller's time runs out
    mail.mail = {};
    mail.bytes = 0;
  }

  LendingPost& post_;
  std::map<std::string, Mail> mails_;
};

}  // namespace

// --- What is offered -----------------------------------------------------------------------------

void Lender::Changed(Lent& lent) {
  lent.changed = ++version_;
  changed_ = true;
}

void Lender::Add(const Worker& worker, const v1::Register& proto, const hub::Registration& made) {
  if (NamesOf(proto).empty()) return;
  Lent& lent = lent_[worker.id];
  lent.worker = worker;
  left_behind_.Return(proto);
  if (auto session = worker.session.lock()) lent.credit = session->credit();
  v1::Register kept = proto;
  const uint64_t number = ++registers_;
  kept.set_id(number);
  lent.offers.Add(std::move(kept), made);
  Changed(lent);
}

void Lender::TakeBack(hub::WorkerId worker, const v1::Deregister& proto) {
  ++version_;
  changed_ = true;
  const bool named = !NamesOf(proto).empty();
  if (named) Remember(worker, proto);
  if (named) left_behind_.Forget(proto);
  auto found = lent_.find(worker);
  if (found == lent_.end()) return;
  if (!named) left_behind_.Leave(found->second.offers, proto.namespace_());
  found->second.offers.Remove(proto);
  found->second.changed = version_;
  if (found->second.offers.empty()) lent_.erase(found);
}

void Lender::Remember(hub::WorkerId worker, const v1::Deregister& proto) {
  forgotten_.push_back({version_, worker, proto, proto.ByteSizeLong()});
  forgotten_bytes_ += forgotten_.back().bytes;
  while (forgotten_.size() > kForgottenMax ||
         (forgotten_.size() > 1 && forgotten_bytes_ > kForgottenBytesMax)) {
    forgotten_bytes_ -= forgotten_.front().bytes;
    forgotten_until_ = forgotten_.front().version;
    forgotten_.pop_front();
  }
}

void Lender::Withdraw(hub::WorkerId worker) {
  auto found = lent_.find(worker);
  if (found == lent_.end()) return;
  left_behind_.Leave(found->second.offers);
  lent_.erase(found);
  ++version_;
  changed_ = true;
}

void Lender::NoteCredits() {
  for (auto& [id, lent] : lent_) {
    auto session = lent.worker.session.lock();
    if (!session || session->credit() == lent.credit) continue;
    lent.credit = session->credit();
    Changed(lent);
  }
}

// --- Telling others ------------------------------------------------------------------------------

void Lender::Tick(Now now) {
  if (version_ == 0 || (!changed_ && now < news_at_)) return;
  NoteCredits();
  news_at_ = now + kNewsEvery;
  changed_ = false;
  if (node_.broker.peers().empty()) return;
  LendingNews news;
  news.set_version(version_);
  news.set_missed(missed_);
  if (post_.Say(std::move(news))) missed_ = false;  // else it is said again
}

void Lender::OnGap() {
  if (version_ == 0) return;
  missed_ = true;
  changed_ = true;
}

void Lender::OnWanted(const Peer& peer, uint64_t since) {
  NoteCredits();
  if (since > 0 && since < forgotten_until_) probe_.forgotten_missed.Add();
  OffersParts parts(version_, post_.bytes_max());
  for (const Forgotten& one : forgotten_) {
    if (one.version > since) parts.Forget(one.version, one.worker, one.what);
  }
  if (since == 0) {
    for (const auto& [id, proto] : left_behind_.registers()) parts.AddLeftBehind(proto);
  }
  for (const auto& [id, lent] : lent_) {
    parts.SetAlive(id);
    if (lent.changed <= since) continue;
    parts.AddWorker(id, lent.worker.name, lent.credit);
    for (const auto& [number, proto] : lent.offers.registers()) {
      if (!parts.AddRegister(proto)) probe_.offers_refused.Add();
    }
  }
  for (internal::v1::Offers& part : std::move(parts).Take()) {
    LendingMail mail;
    *mail.mutable_offers() = std::move(part);
    if (!post_.Tell(peer, std::move(mail)).ok()) return;  // it asks again
  }
}

// --- Errands -------------------------------------------------------------------------------------

std::shared_ptr<LentWorker> Lender::SessionOf(hub::WorkerId worker) const {
  auto found = lent_.find(worker);
  return found == lent_.end() ? nullptr : found->second.worker.session.lock();
}

void Lender::OnErrands(const Peer& peer, LendingMail& mail, Now now) {
  LendingMail back;
  for (internal::v1::Errand& errand : *mail.mutable_errands()) Run(peer, errand, now, back);
  if (!back.outcomes().empty()) post_.Tell(peer, std::move(back)).IgnoreError();
  for (const internal::v1::Cancel& cancel : mail.cancelled()) {
    if (auto session = SessionOf(cancel.worker())) session->Forget(peer.node, cancel.number());
  }
}

// What the worker has taken back meanwhile is given back as well.
void Lender::Run(const Peer& peer, internal::v1::Errand& proto, Now now, LendingMail& back) {
  v1::Invocation& invocation = *proto.mutable_invocation();
  auto lent = lent_.find(proto.worker());
  auto session = SessionOf(proto.worker());
  hub::SharedOffer offer;
  if (session) {
    offer = lent->second.offers.Find(invocation.context().namespace_(), NameOf(invocation));
  }
  auto answer = LentWorker::Answer::kNoCredit;
  if (offer && hub::EnterOffer(*offer)) {
    const std::string space = invocation.context().namespace_();
    if (!offer->context->space) invocation.mutable_context()->clear_namespace_();
    const absl::Duration left = ToDuration(proto.time_left()).value_or(absl::ZeroDuration());
    *invocation.mutable_deadline() = ToProto(now.date + left);
    Errand errand{peer.node, peer.epoch, proto.number(), offer};
    answer = session->Take(errand, invocation);
    if (answer == LentWorker::Answer::kTaken) return probe_.errands_taken.Add();
    hub::ReleaseOffer(*offer);
    invocation.mutable_context()->set_namespace_(text::ToUtf8(space));
  }
  internal::v1::Outcome& outcome = *back.add_outcomes();
  outcome.set_number(proto.number());
  if (answer == LentWorker::Answer::kTooLarge) return outcome.set_too_large(true);
  *outcome.mutable_returned() = std::move(invocation);
  if (offer) lent->second.waiting[peer.node] = peer.epoch;
}

void Lender::Answer(std::vector<AnsweredErrand> answered) {
  Outgoing outgoing(post_);
  for (AnsweredErrand& one : answered) {
    size_t bytes = one.result->ByteSizeLong();
    if (bytes > std::min(node_.limits.worker_result_bytes, post_.bytes_max())) {
      one.result->Clear();
      FillCallError(ResultTooLarge(bytes, node_.limits), one.result->mutable_error());
      bytes = one.result->ByteSizeLong();
    }
    *outgoing.Add(one.errand, bytes).mutable_result() = std::move(*one.result);
    Freed(one.errand);
  }
}

void Lender::Lose(LostErrands lost) {
  Outgoing outgoing(post_);
  for (LostErrands::Unsent& one : lost.unsent) {
    const size_t bytes = one.invocation.ByteSizeLong();
    *outgoing.Add(one.errand, bytes).mutable_returned() = std::move(one.invocation);
    Freed(one.errand);
  }
  for (const Errand& errand : lost.sent) {
    outgoing.Add(errand, 0).set_lost(true);
    Freed(errand);
  }
}

// Calls of this node and of others may have waited for its place.
void Lender::Freed(const Errand& errand) {
  if (!hub::ReleaseOffer(*errand.offer)) return;
  node_.shards.StartWaitingCalls();
  TellFree(errand.offer->worker);
}

void Lender::TellFree(hub::WorkerId worker) {
  node_.home.Post([this, worker](Now) { FreeHere(worker); });
}

void Lender::FreeHere(hub::WorkerId worker) {
  auto found = lent_.find(worker);
  if (found == lent_.end()) return;
  for (const auto& [node, epoch] : std::exchange(found->second.waiting, {})) {
    LendingMail mail;
    mail.add_free_workers(worker);
    post_.Tell({node, epoch}, std::move(mail)).IgnoreError();  // the next news says as much
  }
}

void Lender::OnGone(const std::string& node) {
  for (auto& [id, lent] : lent_) {
    lent.waiting.erase(node);
    if (auto session = lent.worker.session.lock()) session->ForgetAll(node);
  }
}

}  // namespace sluice::control
