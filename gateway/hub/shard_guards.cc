// SPDX-License-Identifier: Apache-2.0
//
// Guards: workers that decide whether something may happen. What waits for a decision waits in
// order: commands in the session's inbox, publications in its outbound queue.
#include <algorithm>
#include <utility>

#include "gateway/hub/bounds.h"
#include "gateway/hub/frame.h"
#include "gateway/hub/shard_impl.h"
#include "text/utf8.h"

namespace sluice::hub {
namespace {

template <typename... Visitors>
struct Overloaded : Visitors... {
  using Visitors::operator()...;
};

// A close code that a guard chose, if it chose one.
uint16_t CloseCodeOf(const CallError& error) {
  bool is_one = error.code >= 4000 && error.code <= 4999;
  return is_one ? static_cast<uint16_t>(error.code) : 0;
}

CloseFrame CloseFrameOf(const CallError& error) {
  if (CloseCodeOf(error) == 0) return {};
  return {CloseCodeOf(error), std::string(text::CutUtf8(error.message, kCloseReasonMax))};
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

// --- Asking --------------------------------------------------------------------------------------

Shard::Impl::Guarding Shard::Impl::Ask(Session& session, GuardAction action, std::string subject,
                                       const Payload& data, Now now) {
  Endpoint* guard = methods.FindGuard(session.space_name, action);
  if (!guard) return {Guarding::kAllowed, {}};
  PendingCall* call = nullptr;
  if (!guard->offers.empty()) {
    call = calls.Begin(session.key, *guard,
                       {.role = Role::kGuard,
                        .action = action,
                        .subject = std::move(subject),
                        .identity = session.identity,
                        .params = data,
                        .time_limit = options.guard_timeout},
                       now);
  }
  if (!call) return Undecided(Fault::kUnavailable);
  Holds(session, *call);
  return {Guarding::kAsked, {}};
}

// Nobody decided: the namespace's owner has said what holds then.
Shard::Impl::Guarding Shard::Impl::Undecided(Fault fault) {
  probe.guards_undecided.Add();
  if (options.guards_open) return {Guarding::kAllowed, {}};
  return {Guarding::kBlocked, MakeError(fault)};
}

Shard::Impl::Guarding Shard::Impl::Decided(WorkerResult result) {
  if (auto* verdict = std::get_if<Verdict>(&result)) {
    if (verdict->allow) return {Guarding::kAllowed, {}, std::move(verdict->replacement)};
    probe.guards_blocked.Add();
    if (verdict->silent) return {Guarding::kBlocked, MakeError(Fault::kBlocked)};
    return {Guarding::kBlocked, std::move(verdict->error)};
  }
  auto* error = std::get_if<CallError>(&result);
  // Nor may anybody pass a guard by saying too much for it.
  bool said = error && (error->fault == Fault::kApplication || error->fault == Fault::kTooLarge);
  if (said) return {Guarding::kBlocked, std::move(*error)};
  return Undecided(error ? error->fault : Fault::kUnavailable);
}

// What was decided about somebody else is asked again.
void Shard::Impl::OnVerdict(Session& session, const CallRequest& request, WorkerResult result,
                            Now now) {
  GuardAction action = request.action;
  bool stale = request.identity != session.identity;
  if (action == GuardAction::kConnect) {
    auto* verdict = std::get_if<Verdict>(&result);
    if (verdict && verdict->allow) ChooseSubprotocol(session, verdict->subprotocol, now);
  }
  Guarding guarding = Decided(std::move(result));
  if (session.state != Session::State::kOpen) {
    if (guarding.state == Guarding::kBlocked) BlockArrival(session, action, guarding.error, now);
    return Arrive(session, now);
  }
  if (action == GuardAction::kPublishOut) {
    return stale ? RunOutbound(session, now) : OutboundDecided(session, std::move(guarding), now);
  }
  if (stale) {
    session.deciding = false;
  } else if (!session.rechecks.empty()) {
    RecheckDecided(session, guarding, now);
  } else {
    InboxDecided(session, std::move(guarding), now);
  }
  GoOn(session, now);
}

// --- Arrivals ------------------------------------------------------------------------------------

// True if the arrival waits now, or was refused.
bool Shard::Impl::AskGuard(Session& session, GuardAction action, std::string subject,
                           const Payload& data, Now now) {
  Guarding guarding = Ask(session, action, std::move(subject), data, now);
  if (guarding.state == Guarding::kBlocked) BlockArrival(session, action, guarding.error, now);
  return guarding.state == Guarding::kAsked || session.state == Session::State::kClosing;
}

// A token that was blocked is only not taken; everything else refuses the connection.
void Shard::Impl::BlockArrival(Session& session, GuardAction action, const CallError& error,
                               Now now) {
  if (action != GuardAction::kAuthenticate) {
    return Refuse(session, CloseCause::kRejected, error, CloseFrameOf(error), now);
  }
  session.arrival->token.reset();
  session.arrival->flaw = std::make_unique<TokenFlaw>(TokenFlaw{error, false});
}

// --- Commands ------------------------------------------------------------------------------------

void Shard::Impl::Process(Session& session, Command command, Key batch, Now now) {
  session.inbox.push_back({std::move(command), batch});
  RunInbox(session, now);
}

void Shard::Impl::RunInbox(Session& session, Now now) {
  SessionKey key = session.key;
  while (Hears(session) && !session.deciding) {
    if (!session.rechecks.empty()) {
      if (RunRecheck(session, now)) return;
      continue;
    }
    if (session.waiting || session.inbox.empty()) return;
    QueuedCommand& front = session.inbox.front();
    std::optional<GuardQuestion> question = QuestionOf(session, front, now);
    if (question) {
      session.deciding = true;
      Guarding guarding = Ask(session, question->action, question->subject, question->data, now);
      if (guarding.state == Guarding::kAsked) return;
      InboxDecided(session, std::move(guarding), now);
    } else if (AwaitsPlace(session, front.command) || MustWait(session, front.command, now)) {
      return;
    } else {
      QueuedCommand next = std::move(front);
      session.inbox.pop_front();
      Execute(session, std::move(next.command), next.batch, now);
    }
    if (!sessions.Find(key)) return;
  }
}

// A method can be run as a call and as a notification. Whoever guards one of them alone guards
// both: leaving out the id, or adding one, is no way around a guard.
GuardAction Shard::Impl::GuardedWay(const Session& session, bool answer) const {
  GuardAction way = answer ? GuardAction::kCall : GuardAction::kTransmit;
  GuardAction other = answer ? GuardAction::kTransmit : GuardAction::kCall;
  return methods.FindGuard(session.space_name, way) ? way : other;
}

// What, if anything, must be allowed before the command at the front is carried out.
std::optional<Shard::Impl::GuardQuestion> Shard::Impl::QuestionOf(Session& session,
                                                                  const QueuedCommand& queued,
                                                                  Now now) {
  if (session.state != Session::State::kOpen) return std::nullopt;
  std::optional<GuardQuestion> question;
  auto ask = [&](GuardAction action, const std::string& subject, const Payload& data) {
    if (methods.FindGuard(session.space_name, action)) question = {action, subject, data};
  };
  bool answer = queued.command.correlation.answer;
  size_t decided = queued.decided;
  if (const auto* subscribe = std::get_if<Subscribe>(&queued.command.verb)) {
    if (decided < subscribe->channels.size()) {
      ask(GuardAction::kSubscribe, subscribe->channels[decided], subscribe->data);
    }
    return question;
  }
  if (decided > 0) return std::nullopt;
  std::visit(Overloaded{
                 [&](const CallMethod& call) {
                   ask(GuardedWay(session, answer), call.method, call.params);
                 },
                 [&](const Forward& forward) { ask(GuardAction::kTransmit, {}, forward.message); },
                 [&](const hub::Publish& publish) {
                   ask(GuardAction::kPublishIn, publish.channel, publish.data);
                 },
                 [&](const Relay& relay) { ask(GuardAction::kPublishIn, relay.event, relay.body); },
                 [&](const Authenticate& verb) {
                   auto verified = Verify(verb.token, now);
                   auto* token = std::get_if<hub::Token>(&verified);
                   if (token)
                     ask(GuardAction::kAuthenticate, {}, Payload::Json(token->claims_json));
                 },
                 [](const auto&) {},
             },
             queued.command.verb);
  return question;
}

void Shard::Impl::InboxDecided(Session& session, Guarding guarding, Now now) {
  session.deciding = false;
  QueuedCommand& front = session.inbox.front();
  if (guarding.state == Guarding::kAllowed) {
    ++front.decided;
    return Replace(front.command.verb, std::move(guarding.replacement));
  }
  QueuedCommand blocked = std::move(front);
  session.inbox.pop_front();
  const Correlation& correlation = blocked.command.correlation;
  if (std::holds_alternative<Authenticate>(blocked.command.verb)) {
    TokenFlaw flaw{std::move(guarding.error), false};
    return TokenAnswered(session, correlation, blocked.batch, &flaw, now);
  }
  Fail(session, correlation, blocked.batch, guarding.error, now);
}

// --- Publications on their way out ---------------------------------------------------------------

std::optional<DropReason> Shard::Impl::AskBeforeDelivery(Session& session,
                                                         const SharedMessage& message, size_t frame,
                                                         Now now) {
  auto drop = [this](DropReason reason) {
    probe.drops[static_cast<size_t>(reason)].Add();
    return reason;
  };
  if (frame > options.outbox_bytes) return drop(DropReason::kTooLarge);
  size_t bytes = frame + kQueuedCost;
  bool many = options.guard_queue > 0 && session.outbound.size() >= options.guard_queue;
  if (many || session.outbound_bytes + bytes > options.guard_queue_bytes + kQueuedCost) {
    CloseSession(session, CloseCause::kSlowConsumer, {}, now);
    return drop(DropReason::kSlowConsumer);
  }
  session.outbound.push_back({message, bytes});
  session.outbound_bytes += bytes;
  if (session.outbound.size() == 1) RunOutbound(session, now);
  return std::nullopt;
}

void Shard::Impl::RunOutbound(Session& session, Now now) {
  while (OpenSession(session.key) && !session.outbound.empty()) {
    const Message& message = *session.outbound.front().message;
    if (!directory.IsMember(session, message.event())) {  // it has left meanwhile
      session.outbound_bytes -= session.outbound.front().bytes;
      session.outbound.pop_front();
      continue;
    }
    Guarding guarding =
        Ask(session, GuardAction::kPublishOut, message.event(), message.body(), now);
    if (guarding.state == Guarding::kAsked) return;
    PassOutbound(session, guarding, now);
  }
}

void Shard::Impl::OutboundDecided(Session& session, Guarding guarding, Now now) {
  PassOutbound(session, guarding, now);
  RunOutbound(session, now);
}

void Shard::Impl::PassOutbound(Session& session, const Guarding& guarding, Now now) {
  SharedMessage message = std::move(session.outbound.front().message);
  session.outbound_bytes -= session.outbound.front().bytes;
  session.outbound.pop_front();
  if (guarding.state == Guarding::kBlocked) return;            // silently: that is what it is for
  if (!directory.IsMember(session, message->event())) return;  // it has left meanwhile
  if (guarding.replacement.kind == Payload::Kind::kNone) {
    DeliverMessage(session, *message, now);
  } else {
    DeliverMessage(session, Message(message->event(), guarding.replacement, encodings, true), now);
  }
}

}  // namespace sluice::hub
