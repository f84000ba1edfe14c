// SPDX-License-Identifier: Apache-2.0
#include "storage/redis/broker_core.h"

#include "absl/strings/str_cat.h"

namespace sluice::storage::redis {
namespace {

constexpr char kAll[] = "all";

// Whether it is certain that Redis has not carried it out and will not.
bool IsRefusal(const absl::Status& status) {
  return !status.ok() && !absl::IsUnavailable(status) && !absl::IsDeadlineExceeded(status);
}

}  // namespace

// --- Listening -----------------------------------------------------------------------------------

void BrokerCore::Listen() {
  {
    absl::MutexLock lock(&mutex_);
    if (thread_ == nullptr) return;
    bus_ = std::make_unique<Bus>(Incarnation{options.node, options.epoch}, options.keys,
                                 thread_->client(), *probe);
  }
  ListenTo(MailboxOf(options.node), [this](Envelope envelope) { OnMail(std::move(envelope)); });
  ListenTo(kAll, [this](Envelope envelope) {
    if (!envelope.has_ask()) return bus_->Count(Drop::kKind);
    OnAsk(std::move(envelope));
  });
}

void BrokerCore::ListenTo(const std::string& channel, std::function<void(Envelope)> on_envelope) {
  bus_->Listen(channel, {.on_envelope = std::move(on_envelope),
                         .on_confirmed = [this] { OnListening(); },
                         .on_cut = [this] { OnListening(); },
                         .on_gap = [this](const std::string& node) { TellGap("", node); }});
}

void BrokerCore::OnListening() {
  const bool mailbox = bus_->IsConfirmed(MailboxOf(options.node));
  {
    absl::MutexLock lock(&mutex_);
    listening_ = mailbox && bus_->IsConfirmed(kAll);
  }
  if (!mailbox) return;
  for (UnsentAsk& ask : std::exchange(unsent_, {})) {
    if (asks_.contains(ask.ask)) SendAsk(std::move(ask));
  }
}

void BrokerCore::Stop() {
  bus_->Stop();
  unsent_.clear();
}

void BrokerCore::TellGap(const std::string& space, const std::string& node) {
  if (home_ == nullptr) return;
  home_->Post([service = service_, gap = Gap{space, node}](Now now) {
    auto alive = service.lock();
    if (alive && alive->on_gap) alive->on_gap(gap, now);
  });
}

void BrokerCore::Serve(Executor& home, std::weak_ptr<Broker::Service> service) {
  home_ = &home;
  service_ = std::move(service);
}

// --- Asks ----------------------------------------------------------------------------------------

void BrokerCore::BeginAsk(Question question, Executor& home, Broker::Done done) {
  std::set<std::string> nodes = peers();
  bool known = !nodes.empty();
  if (question.node) {
    known = nodes.contains(*question.node);
    nodes = {*question.node};
  }
  if (!known) return storage::Tell(NeverAsked(nodes, home, std::move(done)));
  const uint64_t id = asks_.Begin(std::move(nodes), home, std::move(done));
  asks_.SetDeadline(id, question.deadline);
  Envelope envelope;
  envelope.mutable_ask()->set_id(id);
  envelope.set_payload(std::move(question.payload));
  UnsentAsk ask{.ask = id,
                .channel = question.node ? MailboxOf(*question.node) : kAll,
                .envelope = std::move(envelope),
                .load = std::move(question.load)};
  if (!bus_->IsConfirmed(MailboxOf(options.node))) return unsent_.push_back(std::move(ask));
  SendAsk(std::move(ask));
}

void BrokerCore::SendAsk(UnsentAsk ask) {
  probe->sent.asks.Add();
  bus_->Publish(ask.channel, std::move(ask.envelope),
                [self = shared_from_this(), id = ask.ask,
                 load = std::move(ask.load)](const absl::Status& status) {
                  if (!status.ok()) self->probe->unpublished.Add();
                  if (IsRefusal(status)) storage::Tell(self->asks_.Fail(id));
                });
}

void BrokerCore::OnAsk(Envelope envelope) {
  probe->heard.asks.Add();
  Broker::Reply reply = [self = weak_from_this(), node = envelope.node(), epoch = envelope.epoch(),
                         id = envelope.ask().id()](std::string payload) {
    if (auto alive = self.lock()) alive->Reply(node, epoch, id, std::move(payload));
  };
  AtHome([payload = std::move(*envelope.mutable_payload()),
          reply = std::move(reply)](Broker::Service& service) mutable {
    if (service.on_ask) service.on_ask(std::move(payload), std::move(reply));
  });
}

// Any thread.
void BrokerCore::Reply(const std::string& node, const std::string& epoch, uint64_t ask,
                       std::string payload) {
  Envelope envelope;
  envelope.mutable_reply()->set_id(ask);
  envelope.mutable_reply()->set_epoch(epoch);
  if (CheckMessageBytes(payload.size(), options.message_bytes).ok()) {
    envelope.set_payload(std::move(payload));
  } else {
    probe->replies_too_large.Add();
    envelope.mutable_reply()->set_too_large(true);
  }
  Load load(probe, envelope.payload().size());
  Send(MailboxOf(node), std::move(envelope), std::move(load));
}

void BrokerCore::OnReply(Envelope envelope) {
  probe->heard.replies.Add();
  const auto& reply = envelope.reply();
  if (reply.epoch() != options.epoch) return;  // to a process of our name before us
  storage::Tell(reply.too_large() ? asks_.Lose(reply.id(), envelope.node())
                                  : asks_.Reply(reply.id(), envelope.node(), envelope.payload()));
}

// --- One way -------------------------------------------------------------------------------------

void BrokerCore::Publish(const std::string& channel, Envelope envelope, Load load) {
  if (envelope.has_reply()) probe->sent.replies.Add();
  if (envelope.has_told()) probe->sent.told.Add();
  if (envelope.has_said()) probe->sent.said.Add();
  bus_->Publish(channel, std::move(envelope),
                [self = shared_from_this(), load = std::move(load)](const absl::Status& status) {
                  if (!status.ok()) self->probe->unpublished.Add();
                });
}

void BrokerCore::OnMail(Envelope envelope) {
  if (envelope.has_ask()) return OnAsk(std::move(envelope));
  if (envelope.has_reply()) return OnReply(std::move(envelope));
  if (!envelope.has_told()) return bus_->Count(Drop::kKind);
  probe->heard.told.Add();
  AtHome([envelope = std::move(envelope)](Broker::Service& service) mutable {
    if (service.on_told) {
      service.on_told(std::move(*envelope.mutable_payload()), std::move(*envelope.mutable_node()));
    }
  });
}

void BrokerCore::OnSaid(const std::string& space, Envelope envelope) {
  if (!envelope.has_said()) return bus_->Count(Drop::kKind);
  probe->heard.said.Add();
  AtHome([space, envelope = std::move(envelope)](Broker::Service& service) mutable {
    if (service.on_said) {
      service.on_said(space, std::move(*envelope.mutable_payload()),
                      std::move(*envelope.mutable_node()));
    }
  });
}

// --- The audience --------------------------------------------------------------------------------

void BrokerCore::Hear(const std::string& space, Executor& home, Broker::Heard heard, Now now) {
  Space& entry = spaces_[space];
  const bool first = ++entry.hears == 1;
  if (heard && bus_->IsConfirmed(ChannelOf(space))) {
    LetGoOn({&home, std::move(heard), now.steady}, /*hears=*/true);
  } else if (heard) {
    entry.waiting.push_back({&home, std::move(heard), now.steady + options.hear_timeout});
  }
  if (first) ListenIn(space);
}

void BrokerCore::ListenIn(const std::string& space) {
  bus_->Listen(
      ChannelOf(space),
      {.on_envelope = [this, space](Envelope envelope) { OnSaid(space, std::move(envelope)); },
       .on_confirmed = [this, space] { OnHeard(space); },
       .on_cut = [] {},
       .on_gap = [this, space](const std::string& node) { TellGap(space, node); }});
}

void BrokerCore::OnHeard(const std::string& space) {
  auto found = spaces_.find(space);
  if (found == spaces_.end()) return;
  for (Waiting& one : std::exchange(found->second.waiting, {})) LetGoOn(std::move(one), true);
}

void BrokerCore::LetGoOn(Waiting one, bool hears) {
  one.home->Post([heard = std::move(one.heard), hears](Now now) mutable { heard(hears, now); });
}

void BrokerCore::Unhear(const std::string& space) {
  auto found = spaces_.find(space);
  if (found == spaces_.end() || --found->second.hears > 0) return;
  spaces_.erase(found);
  bus_->Unlisten(ChannelOf(space));
}

// --- The nodes, and time -------------------------------------------------------------------------

void BrokerCore::OnPeers(const std::vector<Incarnation>& live,
                         const std::vector<Incarnation>& gone) {
  for (const Incarnation& one : live) bus_->Restore(one);
  for (const Incarnation& one : gone) {
    bus_->Retire(one);
    storage::Tell(asks_.LoseAll(one.node));
    AtHome([node = one.node](Broker::Service& service) {
      if (service.on_gone) service.on_gone(node);
    });
  }
}

void BrokerCore::Tick(Now now) {
  storage::Tell(asks_.Expire(now));
  for (auto& [name, space] : spaces_) {
    while (!space.waiting.empty() && now >= space.waiting.front().deadline) {
      LetGoOn(std::move(space.waiting.front()), /*hears=*/false);
      space.waiting.pop_front();
    }
  }
  std::erase_if(unsent_, [this](const UnsentAsk& ask) { return !asks_.contains(ask.ask); });
  absl::MutexLock lock(&mutex_);
  if (thread_ != nullptr) health_ = thread_->client().health();
}

}  // namespace sluice::storage::redis
