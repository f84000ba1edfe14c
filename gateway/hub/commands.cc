// SPDX-License-Identifier: Apache-2.0
#include "gateway/hub/commands.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "gateway/hub/answers.h"
#include "gateway/hub/arrivals.h"
#include "gateway/hub/authentication.h"
#include "gateway/hub/channels.h"
#include "gateway/hub/closer.h"
#include "gateway/hub/evictions.h"
#include "gateway/hub/method_calls.h"
#include "gateway/hub/namespace.h"
#include "gateway/hub/overloaded.h"
#include "gateway/hub/publications.h"
#include "gateway/hub/requests.h"
#include "gateway/hub/session.h"

namespace sluice::hub {

void Commands::Execute(Session& session, Command&& command, Key batch, Now now) {
  const NamespacePolicy::Rates& rates = session.space->policy.rates;
  Question question{std::move(command.correlation), batch};
  if (!Charge(session, command, now)) {
    if (session.inbox.rate.Exhausted(static_cast<double>(rates.commands_burst))) {
      return parts_.closer.Close(session, CloseCause::kRateLimited, {}, now);
    }
    return parts_.answers.Fail(session, question, Fault::kRateLimited, now);
  }
  auto nothing = [&] { parts_.answers.Finish(session, batch, std::nullopt, now); };
  std::visit(
      Overloaded{
          [&](Ignore&) { nothing(); },
          [&](CallMethod& verb) {
            parts_.method_calls.OnCall(session, question, std::move(verb), now);
          },
          [&](Login& verb) {
            parts_.method_calls.OnLogin(session, question, std::move(verb), now);
          },
          [&](Forward& verb) {
            parts_.method_calls.OnForward(session, question, std::move(verb), now);
          },
          [&](ListMethods&) { parts_.method_calls.OnListMethods(session, question, now); },
          [&](Subscribe& verb) { parts_.channels.OnSubscribe(session, question, verb, now); },
          [&](Unsubscribe& verb) { parts_.channels.OnUnsubscribe(session, question, verb, now); },
          [&](Publish& verb) {
            parts_.publications.OnPublish(session, question, std::move(verb), now);
          },
          [&](Relay& verb) {
            session.life.liveness.Renew(now);
            parts_.publications.OnRelay(session, verb, now);
            nothing();
          },
          [&](Renew&) {
            session.life.liveness.Renew(now);
            nothing();
          },
          [&](Greet& verb) {
            parts_.arrivals.OnGreeting(session, std::move(question.correlation), std::move(verb),
                                       now);
          },
          [&](Authenticate& verb) { parts_.authentication.OnShown(session, question, verb, now); },
          [&](Deauthenticate&) {
            parts_.authentication.BecomeNobody(session, now);
            nothing();
          },
          [&](Answer& verb) { OnAnswer(session, question, std::move(verb), now); },
          [&](Say& verb) { OnSay(session, question, std::move(verb), now); },
          [&](Malformed& verb) { parts_.answers.Fail(session, question, verb.error, now); },
          [&](Hopeless& verb) {
            parts_.closer.Close(session, CloseCause::kProtocol, std::move(verb.close), now);
          },
      },
      command.verb);
}

// An answer that was asked for costs nothing. Nor do subscriptions, as many as the connection may
// have at once: a client that comes back restores them all.
bool Commands::Charge(Session& session, const Command& command, Now now) {
  const NamespacePolicy::Rates& rates = session.space->policy.rates;
  if (rates.commands_per_second <= 0) return true;
  const auto* answer = std::get_if<Answer>(&command.verb);
  if (answer && Requests::Awaits(session, answer->call)) return true;
  if (const auto* subscribe = std::get_if<Subscribe>(&command.verb)) {
    size_t channels = std::max<size_t>(subscribe->channels.size(), 1);
    if (channels <= session.inbox.free_channels) {
      session.inbox.free_channels -= static_cast<uint32_t>(channels);
      return true;
    }
  }
  return session.inbox.rate.Take(rates.commands_per_second,
                                 static_cast<double>(rates.commands_burst), now);
}

void Commands::OnAnswer(Session& session, const Question& question, Answer verb, Now now) {
  if (parts_.requests.Answer(session, verb.call, std::move(verb.outcome))) {
    parts_.evictions.OnFinished(session);
    static const Payload* const kTrue = new Payload(Payload::Json("true"));
    return parts_.answers.Succeed(session, question, *kTrue, now);
  }
  if (!question.correlation.answer) {
    return parts_.answers.Finish(session, question.batch, std::nullopt, now);
  }
  parts_.answers.Fail(session, question, Fault::kRejected, now);
}

void Commands::OnSay(Session& session, const Question& question, Say verb, Now now) {
  CloseFrame then = std::move(verb.then);
  parts_.answers.Finish(session, question.batch, std::move(verb.message), now);
  if (then.code != 0) parts_.closer.Close(session, CloseCause::kProtocol, std::move(then), now);
}

}  // namespace sluice::hub
