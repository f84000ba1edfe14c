// SPDX-License-Identifier: Apache-2.0
#include "gateway/hub/inbox.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "gateway/hub/answers.h"
#include "gateway/hub/authentication.h"
#include "gateway/hub/deadlines.h"
#include "gateway/hub/evictions.h"
#include "gateway/hub/guards.h"
#include "gateway/hub/namespace.h"
#include "gateway/hub/overloaded.h"
#include "gateway/hub/probe.h"
#include "gateway/hub/rights.h"
#include "gateway/hub/session.h"

namespace sluice::hub {
namespace {

template <typename... Kinds>
bool IsOneOf(const Verb& verb) {
  return (std::holds_alternative<Kinds>(verb) || ...);
}

// Nobody tells the client that it failed, or its library takes that for final.
bool CannotBeSaidAgain(const Command& command) {
  if (IsOneOf<CallMethod, Forward, Publish, Relay, Renew>(command.verb)) {
    return !command.correlation.answer;
  }
  return IsOneOf<Subscribe, Unsubscribe, Authenticate, Deauthenticate>(command.verb);
}

// Waits until the session has fewer calls: nobody could be told that it was not carried out.
bool AwaitsPlace(const Session& session, const Command& command) {
  const size_t most = session.space->policy.calls.per_connection;
  if (session.under_way.calls.size() < most || command.correlation.answer) return false;
  return IsOneOf<CallMethod, Forward>(command.verb);
}

// A method can be run as a call and as a notification. Whoever guards one of them alone guards
// both: leaving out the id, or adding one, is no way around a guard.
GuardAction GuardedWay(const Session& session, bool answer) {
  GuardAction way = answer ? GuardAction::kCall : GuardAction::kTransmit;
  GuardAction other = answer ? GuardAction::kTransmit : GuardAction::kCall;
  return session.space->offers.FindGuard(way) ? way : other;
}

// Puts what the guard said in place of what the client said.
void Replace(Verb& verb, Payload replacement) {
  if (replacement.kind == Payload::Kind::kNone) return;
  std::visit(Overloaded{
                 [&](CallMethod& call) { call.params = std::move(replacement); },
                 [&](Publish& publish) { publish.data = std::move(replacement); },
                 [&](Relay& relay) { relay.body = std::move(replacement); },
                 [&](Forward& forward) { forward.message = std::move(replacement); },
                 [&](Subscribe& subscribe) { subscribe.data = std::move(replacement); },
                 [](auto&) {},
             },
             verb);
}

}  // namespace

// --- In ------------------------------------------------------------------------------------------

bool Inboxes::Receive(Session& session, std::string_view bytes, bool binary, Now now) {
  if (!session.inbox.first_frame_seen) ChooseDialect(session, bytes, binary);
  probe_.messages_in[session.dialect->id()].Add();
  Decoded decoded =
      session.dialect->Decode(session.dialect_state, bytes, binary, session.space->policy.decode);
  if (decoded.batch) {
    answers_.BeginBatch(session, std::move(decoded.commands), now);
  } else {
    for (Command& command : decoded.commands) {
      if (session.state == Session::State::kClosing) return false;
      Process(session, std::move(command), {}, now);
    }
  }
  return session.Reading();
}

void Inboxes::ChooseDialect(Session& session, std::string_view bytes, bool binary) {
  session.inbox.first_frame_seen = true;
  const Dialect& dialect = session.dialect->ForFirstFrame(binary, bytes);
  if (session.open()) {
    probe_.connections[session.dialect->id()].Add(-1);
    probe_.connections[dialect.id()].Add(1);
  }
  session.dialect = &dialect;
}

void Inboxes::Process(Session& session, Command&& command, Key batch, Now now) {
  session.inbox.commands.emplace_back(std::move(command), batch);
  Run(session, now);
}

// --- On ------------------------------------------------------------------------------------------

void Inboxes::GoOn(Session& session, Now now) {
  if (!session.open()) return;
  Run(session, now);
  if (session.open() && session.Reading()) session.socket->Resume();
}

void Inboxes::OnFinished(Session& session, Now now) {
  if (session.inbox.commands.empty()) return;
  GoOn(session, now);
}

void Inboxes::OnDeadline(Session& session, Now now) {
  session.inbox.waiting = false;
  GoOn(session, now);
  evictions_.OnFinished(session);
}

void Inboxes::Run(Session& session, Now now) {
  while (session.Hears() && !session.inbox.deciding && RunFirst(session, now)) {
  }
}

bool Inboxes::RunFirst(Session& session, Now now) {
  Inbox& inbox = session.inbox;
  if (!session.places.rechecks.empty()) {
    inbox.deciding = true;
    if (rights_.AskAgain(session, now)) return false;
    inbox.deciding = false;
    return true;
  }
  if (inbox.waiting || inbox.commands.empty()) return false;
  QueuedCommand& first = inbox.commands.front();
  if (auto query = QueryOf(session, first, now)) {
    inbox.deciding = true;
    Decision decision = guards_.Ask(session, query->action, query->subject, query->data, now);
    if (decision.asked()) return false;
    OnDecided(session, std::move(decision), now);
    return true;
  }
  if (AwaitsPlace(session, first.command) || MustWait(session, first.command, now)) return false;
  std::list<QueuedCommand> next;
  next.splice(next.begin(), inbox.commands, inbox.commands.begin());
  runner_.Execute(session, std::move(first.command), first.batch, now);
  return true;
}

// Too much of what a client can say again is answered with an error; the rest waits for its turn.
bool Inboxes::MustWait(Session& session, const Command& command, Now now) {
  const NamespacePolicy::Rates& rates = session.space->policy.rates;
  if (rates.commands_per_second <= 0 || !session.open()) return false;
  const auto* subscribe = std::get_if<Subscribe>(&command.verb);
  if (subscribe && subscribe->channels.size() <= session.inbox.free_channels) return false;
  if (!CannotBeSaidAgain(command)) return false;
  Duration wait = session.inbox.rate.Wait(rates.commands_per_second,
                                          static_cast<double>(rates.commands_burst), now);
  if (wait == absl::ZeroDuration()) return false;
  probe_.waits.Add();
  session.inbox.waiting = true;
  session.inbox.turn = deadlines_.Schedule(Deadlines::Kind::kTurn, session.key, now + wait);
  return true;
}

// --- Guards --------------------------------------------------------------------------------------

std::optional<Inboxes::Query> Inboxes::QueryOf(const Session& session, const QueuedCommand& queued,
                                               Now now) const {
  if (!session.open()) return std::nullopt;
  std::optional<Query> query;
  auto ask = [&](GuardAction action, const std::string& subject, const Payload& data) {
    if (session.space->offers.FindGuard(action)) query = {action, subject, data};
  };
  bool answer = queued.command.correlation.answer;
  size_t decided = queued.decided;
  if (const auto* subscribe = std::get_if<Subscribe>(&queued.command.verb)) {
    if (decided < subscribe->channels.size()) {
      ask(GuardAction::kSubscribe, subscribe->channels[decided], subscribe->data);
    }
    return query;
  }
  if (decided > 0) return std::nullopt;
  std::visit(Overloaded{
                 [&](const CallMethod& call) {
                   ask(GuardedWay(session, answer), call.method, call.params);
                 },
                 [&](const Forward& forward) { ask(GuardAction::kTransmit, {}, forward.message); },
                 [&](const Publish& publish) {
                   ask(GuardAction::kPublishIn, publish.channel, publish.data);
                 },
                 [&](const Relay& relay) { ask(GuardAction::kPublishIn, relay.event, relay.body); },
                 [&](const Authenticate& verb) {
                   auto verified = authentication_.Verify(verb.token, now);
                   auto* token = std::get_if<Token>(&verified);
                   if (token)
                     ask(GuardAction::kAuthenticate, {}, Payload::Json(token->claims_json));
                 },
                 [](const auto&) {},
             },
             queued.command.verb);
  return query;
}

void Inboxes::OnVerdict(Session& session, Decision decision, bool stale, Now now) {
  session.inbox.deciding = false;
  if (!stale && !session.places.rechecks.empty()) {
    rights_.OnVerdict(session, decision, now);
  } else if (!stale) {
    OnDecided(session, std::move(decision), now);
  }
  GoOn(session, now);
}

void Inboxes::OnDecided(Session& session, Decision decision, Now now) {
  session.inbox.deciding = false;
  QueuedCommand& first = session.inbox.commands.front();
  if (decision.allowed()) {
    ++first.decided;
    return Replace(first.command.verb, std::move(decision.replacement));
  }
  QueuedCommand blocked = std::move(first);
  session.inbox.commands.pop_front();
  const Question question{std::move(blocked.command.correlation), blocked.batch};
  if (std::holds_alternative<Authenticate>(blocked.command.verb)) {
    TokenFlaw flaw{std::move(decision.error), false};
    return authentication_.TellVerdict(session, question, &flaw, now);
  }
  answers_.Fail(session, question, decision.error, now);
}

}  // namespace sluice::hub
