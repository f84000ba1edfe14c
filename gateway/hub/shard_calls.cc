// SPDX-License-Identifier: Apache-2.0
//
// What workers are asked for clients, and what becomes of their answers.
#include <optional>
#include <utility>

#include "gateway/hub/shard_impl.h"

namespace sluice::hub {
namespace {

const Payload& True() {
  static const Payload payload = Payload::Json("true");
  return payload;
}

}  // namespace

void Shard::Impl::Call(Session& session, Correlation correlation, Key batch, CallMethod verb,
                       Now now) {
  auto fail = [&](Fault fault) { Fail(session, correlation, batch, MakeError(fault), now); };
  Endpoint* endpoint = methods.Find(session.space_name, Role::kMethod, verb.method);
  if (!endpoint) return fail(Fault::kMethodNotFound);
  if (endpoint->is_protected && !session.authenticated) return fail(Fault::kMethodForbidden);
  if (session.calls.size() >= options.calls_per_connection) return fail(Fault::kTooManyCalls);
  if (endpoint->offers.empty()) return fail(Fault::kUnavailable);
  bool notification = !correlation.answer;
  PendingCall* call = calls.Begin(session.key, *endpoint,
                                  {.correlation = correlation,
                                   .batch = notification ? Key{} : batch,
                                   .params = std::move(verb.params),
                                   .time_limit = LongestLimit(*endpoint, options.call_timeout)},
                                  now);
  if (!call) return fail(Fault::kOverloaded);
  Holds(session, *call);
  if (notification) Answered(session, batch, std::nullopt, now);
}

void Shard::Impl::LogIn(Session& session, Correlation correlation, Key batch, Login login,
                        Now now) {
  auto fail = [&](Fault fault) { Fail(session, correlation, batch, MakeError(fault), now); };
  Endpoint* endpoint = methods.Find(session.space_name, Role::kLogin, {});
  if (!endpoint) return fail(Fault::kMethodNotFound);
  // Nobody could be told the outcome; the original does not log in then either.
  if (!correlation.answer) return Answered(session, batch, std::nullopt, now);
  if (session.calls.size() >= options.calls_per_connection) return fail(Fault::kTooManyCalls);
  if (endpoint->offers.empty()) return fail(Fault::kUnavailable);
  PendingCall* call = calls.Begin(session.key, *endpoint,
                                  {.role = Role::kLogin,
                                   .correlation = correlation,
                                   .batch = batch,
                                   .params = std::move(login.params),
                                   .time_limit = options.call_timeout},
                                  now);
  if (!call) return fail(Fault::kOverloaded);
  Holds(session, *call);
}

void Shard::Impl::Holds(Session& session, PendingCall& call) {
  call.place = static_cast<uint32_t>(session.calls.size());
  session.calls.push_back(call.key);
}

// The last one moves into the gap.
void Shard::Impl::HoldsNoMore(Session& session, const PendingCall& call) {
  CallKey last = session.calls.back();
  session.calls[call.place] = last;
  calls.Find(last)->place = call.place;
  session.calls.pop_back();
}

bool Shard::Impl::AwaitsPlace(const Session& session, const Command& command) const {
  if (session.calls.size() < options.calls_per_connection || command.correlation.answer) {
    return false;
  }
  return std::holds_alternative<Forward>(command.verb) ||
         std::holds_alternative<CallMethod>(command.verb);
}

void Shard::Impl::OnResult(PendingCall& call, WorkerResult result, Now now) {
  Session* session = sessions.Find(call.session);
  if (!session) return;
  HoldsNoMore(*session, call);
  PartIfAtRest(*session);
  UseResult(*session, call, std::move(result), now);
  // A place is free for what waits for one.
  session = OpenSession(call.session);
  if (!session || session->inbox.empty()) return;
  RunInbox(*session, now);
  session = OpenSession(call.session);
  if (session && Reading(*session)) session->socket->Resume();
}

void Shard::Impl::UseResult(Session& session, PendingCall& call, WorkerResult result, Now now) {
  const CallRequest& request = call.request;
  switch (request.role) {
    case Role::kAdmission:
      return OnAdmission(session, std::move(result), now);
    case Role::kGuard:
      return OnVerdict(session, request, std::move(result), now);
    case Role::kLogin:
      if (!HandToken(session, call, now)) return;
      return OnLogin(session, call, std::move(result), now);
    case Role::kRaw:
      return;  // nobody waits for anything of it
    case Role::kMethod:
      if (!HandToken(session, call, now)) return;
      break;
  }
  if (auto* error = std::get_if<CallError>(&result)) {
    Fail(session, request.correlation, request.batch, *error, now);
  } else {
    // Accept and Reject answer no method: the result is then as empty as they are of one.
    auto* payload = std::get_if<Payload>(&result);
    Succeed(session, request.correlation, request.batch, payload ? *payload : Payload::None(), now);
  }
  if (!session.rechecks.empty()) GoOn(session, now);
}

// A message for whoever understands it. Nobody can be told if it is lost, so it is counted.
void Shard::Impl::Pass(Session& session, const Correlation& correlation, Key batch, Forward forward,
                       Now now) {
  Endpoint* endpoint = methods.Find(session.space_name, Role::kRaw);
  auto fail = [&](Fault fault) { Fail(session, correlation, batch, MakeError(fault), now); };
  if (!endpoint) return fail(Fault::kMethodNotFound);
  if (session.calls.size() >= options.calls_per_connection) return fail(Fault::kTooManyCalls);
  if (endpoint->offers.empty()) return fail(Fault::kUnavailable);
  PendingCall* call = calls.Begin(session.key, *endpoint,
                                  {.role = Role::kRaw,
                                   .correlation = correlation,
                                   .params = std::move(forward.message),
                                   .time_limit = options.call_timeout},
                                  now);
  if (!call) return fail(Fault::kOverloaded);
  Holds(session, *call);
  Answered(session, batch, std::nullopt, now);
}

void Shard::Impl::Speak(Session& session, Key batch, Say say, Now now) {
  SessionKey key = session.key;
  CloseFrame then = std::move(say.then);
  Answered(session, batch, std::move(say.message), now);
  Session* speaker = sessions.Find(key);
  if (then.code != 0 && speaker) CloseSession(*speaker, CloseCause::kProtocol, then, now);
}

CallError Shard::Impl::TooManyLabels() {
  return {Fault::kApplication, "InvalidResult", 0, "the worker's labels exceed --labels-bytes", {}};
}

void Shard::Impl::OnLogin(Session& session, PendingCall& call, WorkerResult result, Now now) {
  if (auto* error = std::get_if<CallError>(&result)) {
    probe.logins_refused.Add();
    return Fail(session, call.request.correlation, call.request.batch, *error, now);
  }
  if (auto* accept = std::get_if<Accept>(&result)) {
    if (!SetLabels(session, accept->labels)) {
      probe.logins_refused.Add();
      return Fail(session, call.request.correlation, call.request.batch, TooManyLabels(), now);
    }
    Identify(session, accept->user, now);
    for (const std::string& channel : accept->channels) {
      JoinChannel(session, channel, Entry::kAccepted, now);
    }
    bool own = accept->payload.kind != Payload::Kind::kNone;
    Succeed(session, call.request.correlation, call.request.batch, own ? accept->payload : True(),
            now);
    return GoOn(session, now);
  }
  if (auto* payload = std::get_if<Payload>(&result)) {
    if (*payload == True() && !session.authenticated) Identify(session, session.user, now);
    Succeed(session, call.request.correlation, call.request.batch, *payload, now);
    return GoOn(session, now);
  }
  probe.logins_refused.Add();
  Succeed(session, call.request.correlation, call.request.batch, Payload::Json("false"), now);
}

void Shard::Impl::TellMethods(Session& session, const Correlation& correlation, Key batch,
                              Now now) {
  if (!correlation.answer) return Answered(session, batch, std::nullopt, now);
  const MethodLists::List& list = method_lists.For(*session.dialect, session.space_name);
  if (list.cut) probe.method_lists_cut.Add();
  Reply(session, correlation, batch,
        session.dialect->EncodeMethods(correlation, list.encoded, list.cut), now);
}

void Shard::Impl::TakeAnswer(Session& session, const Correlation& correlation, Key batch,
                             Answer answer, Now now) {
  if (asks.Answer(session, answer.call, std::move(answer.outcome))) {
    PartIfAtRest(session);
    return Succeed(session, correlation, batch, True(), now);
  }
  if (!correlation.answer) return Answered(session, batch, std::nullopt, now);
  Fail(session, correlation, batch, MakeError(Fault::kRejected), now);
}

Context Shard::Impl::ContextOf(SessionKey key, const ContextSpec& spec) {
  Context context;
  const Session* session = sessions.Find(key);
  if (!session) return context;
  if (spec.connection) context.connection = session->id;
  if (spec.user) context.user = session->user;
  if (spec.labels) context.labels = session->labels;
  if (spec.space) context.space = session->space_name;
  if (spec.remote_address) context.remote_address = session->upgrade->remote_address;
  if (spec.target) context.target = session->upgrade->target;
  if (spec.subprotocols && session->upgrade->subprotocols) {
    context.offered = session->upgrade->subprotocols->offered;
    context.subprotocol = session->upgrade->subprotocols->agreed;
  }
  if (spec.claims && session->token) context.claims_json = session->token->claims_json;
  for (const std::string& name : spec.headers) {
    for (const auto& header : session->upgrade->headers) {
      if (header.first == name) context.headers.push_back(header);
    }
  }
  return context;
}

Endpoint* Shard::Impl::EndpointOf(const PendingCall& call, std::string_view method) {
  const Session* session = sessions.Find(call.session);
  if (!session) return nullptr;
  const CallRequest& request = call.request;
  if (request.role == Role::kGuard) return methods.FindGuard(session->space_name, request.action);
  return methods.Find(session->space_name, request.role, method);
}

void Shard::Impl::OnHealth(const PendingCall& call, const WorkerHealth::Change& change, Now now) {
  const bool ejected = change.kind == WorkerHealth::Change::kEjected;
  (ejected ? probe.worker_ejections : probe.worker_readmissions).Add();
  ConnectionEvent event;
  event.type =
      ejected ? ConnectionEvent::Type::kWorkerEjected : ConnectionEvent::Type::kWorkerReadmitted;
  event.time = now.date;
  if (const Session* session = sessions.Find(call.session)) event.space = session->space_name;
  event.worker = call.offer->worker_name;
  event.reason = ejected
                     ? "it lets calls time out; no others for " + absl::FormatDuration(change.lasts)
                     : "it answered in time";
  events.push_back(std::move(event));
}

Candidate Shard::Impl::CandidateOf(SessionKey key) {
  const Session& session = *sessions.Find(key);
  return {session.space_name, session.id, std::string(session.dialect->name()),
          session.upgrade->remote_address, session.connected_at};
}

}  // namespace sluice::hub
