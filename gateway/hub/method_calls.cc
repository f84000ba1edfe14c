// SPDX-License-Identifier: Apache-2.0
#include "gateway/hub/method_calls.h"

#include <utility>

#include "gateway/hub/answers.h"
#include "gateway/hub/authentication.h"
#include "gateway/hub/channels.h"
#include "gateway/hub/invoker.h"
#include "gateway/hub/labels.h"
#include "gateway/hub/method_lists.h"
#include "gateway/hub/namespace.h"
#include "gateway/hub/probe.h"
#include "gateway/hub/progress.h"
#include "gateway/hub/session.h"

namespace sluice::hub {
namespace {

const Payload& True() {
  static const Payload payload = Payload::Json("true");
  return payload;
}

}  // namespace

// --- What clients say ----------------------------------------------------------------------------

PendingCall* MethodCalls::Begin(Session& session, const Question& question, Endpoint* endpoint,
                                Invocation invocation, Duration time_limit, Now now) {
  auto fail = [&](Fault fault) {
    answers_.Fail(session, question, fault, now);
    return nullptr;
  };
  const size_t most = session.space->policy.calls.per_connection;
  if (!endpoint) return fail(Fault::kMethodNotFound);
  if (endpoint->is_protected && !session.who.authenticated) return fail(Fault::kMethodForbidden);
  if (session.under_way.calls.size() >= most) return fail(Fault::kTooManyCalls);
  if (endpoint->offers.empty()) return fail(Fault::kUnavailable);
  const bool notification = invocation.notification || invocation.role == Role::kRaw;
  PendingCall* call = invoker_.Begin(session, *endpoint, std::move(invocation), time_limit, now);
  if (!call) return fail(Fault::kOverloaded);
  call->question.correlation = question.correlation;
  if (!notification) call->question.batch = question.batch;
  return call;
}

void MethodCalls::OnCall(Session& session, const Question& question, CallMethod verb, Now now) {
  Endpoint* endpoint = session.space->offers.Find(Role::kMethod, verb.method);
  const bool notification = !question.correlation.answer;
  const Duration timeout = session.space->policy.calls.timeout;
  PendingCall* call = Begin(session, question, endpoint,
                            {.notification = notification,
                             .method = std::move(verb.method),
                             .params = std::move(verb.params)},
                            endpoint ? LongestLimit(*endpoint, timeout) : timeout, now);
  if (call && notification) answers_.Finish(session, question.batch, std::nullopt, now);
}

void MethodCalls::OnLogin(Session& session, const Question& question, Login verb, Now now) {
  Endpoint* endpoint = session.space->offers.Find(Role::kLogin);
  // Nobody could be told the outcome; the original does not log in then either.
  if (endpoint && !question.correlation.answer) {
    return answers_.Finish(session, question.batch, std::nullopt, now);
  }
  Begin(session, question, endpoint, {.role = Role::kLogin, .params = std::move(verb.params)},
        session.space->policy.calls.timeout, now);
}

void MethodCalls::OnForward(Session& session, const Question& question, Forward verb, Now now) {
  PendingCall* call = Begin(session, question, session.space->offers.Find(Role::kRaw),
                            {.role = Role::kRaw, .params = std::move(verb.message)},
                            session.space->policy.calls.timeout, now);
  if (call) answers_.Finish(session, question.batch, std::nullopt, now);
}

void MethodCalls::OnListMethods(Session& session, const Question& question, Now now) {
  const Correlation& correlation = question.correlation;
  if (!correlation.answer) return answers_.Finish(session, question.batch, std::nullopt, now);
  const MethodLists::List& list = lists_.For(*session.dialect, session.space->name);
  if (list.cut) probe_.method_lists_cut.Add();
  answers_.Reply(session, question,
                 session.dialect->EncodeMethods(correlation, list.encoded, list.cut), now);
}

// --- What workers say ----------------------------------------------------------------------------

void MethodCalls::OnResult(Session& session, PendingCall& call, WorkerResult&& result, Now now) {
  if (call.role() == Role::kRaw) return;  // nobody waits for anything of it
  if (!HandToken(session, call, now)) return;
  const Question question = std::move(call.question);
  if (call.role() == Role::kLogin) {
    return OnLoginResult(session, question, std::move(result), now);
  }
  OnMethodResult(session, question, result, now);
}

// Delivers the token that came with an answer ahead of it.
bool MethodCalls::HandToken(Session& session, PendingCall& call, Now now) {
  if (!call.token || !session.open()) return true;
  return authentication_.HandToken(session, std::move(*call.token), now);
}

// Accept and Reject answer no method: the result is then as empty as they are of one.
void MethodCalls::OnMethodResult(Session& session, const Question& question,
                                 const WorkerResult& result, Now now) {
  if (const auto* error = std::get_if<CallError>(&result)) {
    answers_.Fail(session, question, *error, now);
  } else {
    static const Payload none = Payload::None();
    const auto* payload = std::get_if<Payload>(&result);
    answers_.Succeed(session, question, payload ? *payload : none, now);
  }
  if (!session.places.rechecks.empty()) progress_.GoOn(session, now);
}

void MethodCalls::OnLoginResult(Session& session, const Question& question, WorkerResult result,
                                Now now) {
  if (const auto* accept = std::get_if<Accept>(&result)) {
    return OnAccepted(session, question, *accept, now);
  }
  if (const auto* payload = std::get_if<Payload>(&result)) {
    if (*payload == True() && !session.who.authenticated) {
      authentication_.Identify(session, session.who.user, now);
    }
    answers_.Succeed(session, question, *payload, now);
    return progress_.GoOn(session, now);
  }
  probe_.logins_refused.Add();
  if (const auto* error = std::get_if<CallError>(&result)) {
    return answers_.Fail(session, question, *error, now);
  }
  answers_.Succeed(session, question, Payload::Json("false"), now);
}

void MethodCalls::OnAccepted(Session& session, const Question& question, const Accept& accept,
                             Now now) {
  if (!SetLabels(session, accept.labels, probe_)) {
    probe_.logins_refused.Add();
    return answers_.Fail(session, question, TooManyLabels(), now);
  }
  authentication_.Identify(session, accept.user, now);
  for (const std::string& channel : accept.channels) {
    channels_.Join(session, channel, Entry::kAccepted, now);
  }
  bool own = accept.payload.kind != Payload::Kind::kNone;
  answers_.Succeed(session, question, own ? accept.payload : True(), now);
  progress_.GoOn(session, now);
}

}  // namespace sluice::hub
