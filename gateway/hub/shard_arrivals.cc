// SPDX-License-Identifier: Apache-2.0
//
// A connection comes: guards, greeting, admission and presence, one step after the other, and then
// it is open. Each step either goes on at once or waits for somebody's answer.
#include <algorithm>
#include <utility>

#include "absl/random/distributions.h"
#include "absl/strings/str_format.h"
#include "gateway/hub/shard_impl.h"
#include "gateway/hub/shard_set.h"
#include "text/utf8.h"

namespace sluice::hub {

using Step = ArrivalProgress::Step;
using Type = ConnectionEvent::Type;

SessionKey Shard::Impl::Open(Arrival arrival, Socket& socket, Now now) {
  if (arrival.id.empty()) arrival.id = NewId();
  Session& session = sessions.Emplace(std::move(arrival), socket, now);
  session.liveness.Start({}, now);
  SessionKey key = session.key;
  if (!session.upgrade->subprotocols) Agree(session);
  if (auto objection = session.dialect->Object(*session.upgrade, session.space_name)) {
    Agree(session);
    Deliver(session, objection->message, now);
    CloseSession(session, CloseCause::kProtocol, std::move(objection->then), now);
  } else {
    Arrive(session, now);
  }
  return key;
}

// Answers the upgrade. Whoever offers subprotocols waits for it until those who may choose one were
// asked; others have been answered at once.
void Shard::Impl::Agree(Session& session) {
  if (!session.arrival || std::exchange(session.arrival->agreed, true)) return;
  const Subprotocols* subprotocols = session.upgrade->subprotocols.get();
  session.socket->Agree(subprotocols ? subprotocols->agreed : "");
}

// A worker's choice; a wrong one is left out.
void Shard::Impl::ChooseSubprotocol(Session& session, const std::string& name, Now now) {
  Subprotocols* subprotocols = session.upgrade->subprotocols.get();
  if (name.empty() || (subprotocols && name == subprotocols->agreed)) return;
  bool late = session.arrival->agreed || (subprotocols && subprotocols->settled);
  if (subprotocols && !late) {
    const auto& offered = subprotocols->offered;
    if (std::find(offered.begin(), offered.end(), name) != offered.end()) {
      subprotocols->agreed = name;
      return;
    }
  }
  probe.subprotocols_ignored.Add();
  Emit(Type::kWarning, session, now, {},
       {0, late ? "a subprotocol was chosen too late" : "a subprotocol was chosen, not offered"});
}

// A random UUID (RFC 9562, version 4).
std::string Shard::Impl::NewId() {
  uint64_t high = absl::Uniform<uint64_t>(random);
  uint64_t low = absl::Uniform<uint64_t>(random);
  high = (high & ~uint64_t{0xf000}) | 0x4000;
  low = (low & ~(uint64_t{3} << 62)) | uint64_t{2} << 62;
  return absl::StrFormat("%08x-%04x-%04x-%04x-%012x", high >> 32, high >> 16 & 0xffff,
                         high & 0xffff, low >> 48, low & 0xffffffffffff);
}

// Goes on from the current step until one has to wait.
void Shard::Impl::Arrive(Session& session, Now now) {
  while (session.arrival && session.state != Session::State::kClosing) {
    Step step = session.arrival->step;
    session.arrival->step = static_cast<Step>(static_cast<int>(step) + 1);
    if (TakeStep(session, step, now)) return;
  }
}

// True if the arrival waits now, or is over.
bool Shard::Impl::TakeStep(Session& session, Step step, Now now) {
  ArrivalProgress& arrival = *session.arrival;
  switch (step) {
    case Step::kConnectGuard:
      return AskGuard(session, GuardAction::kConnect, {}, {}, now);
    case Step::kGreeting:
      return AwaitGreeting(session, now);
    case Step::kAuthenticateGuard:
      return arrival.token && AskGuard(session, GuardAction::kAuthenticate, {},
                                       Payload::Json(arrival.token->claims_json), now);
    case Step::kHandshakeGuard:
      return arrival.greeted &&
             AskGuard(session, GuardAction::kHandshake, {}, arrival.payload, now);
    case Step::kAdmission:
      return Admit(session, now);
    case Step::kClaim:
      Agree(session);
      Claim(session);
      return true;
  }
  return true;
}

// --- The dialect's handshake ---------------------------------------------------------------------

bool Shard::Impl::AwaitGreeting(Session& session, Now now) {
  Duration limit = session.dialect->handshake_timeout();
  if (limit == absl::ZeroDuration()) return false;
  Agree(session);
  session.state = Session::State::kGreeting;
  session.timer = timers.Schedule(now + limit, TimerToken(kSession, session.key));
  session.socket->Resume();
  return true;
}

void Shard::Impl::Greeted(Session& session, Correlation correlation, Greet greet, Now now) {
  if (session.state == Session::State::kOpen)
    return Welcomed(session, correlation, {}, nullptr, now);
  if (session.state != Session::State::kGreeting) return;
  session.state = Session::State::kArriving;
  timers.Cancel(session.timer);
  ArrivalProgress& arrival = *session.arrival;
  arrival.greeted = true;
  arrival.greeting = std::move(correlation);
  arrival.payload = std::move(greet.payload);
  if (!greet.token.empty()) {
    auto verified = Verify(greet.token, now);
    if (auto* token = std::get_if<hub::Token>(&verified)) {
      arrival.token = std::make_unique<hub::Token>(std::move(*token));
    } else {
      arrival.flaw = std::make_unique<TokenFlaw>(std::move(std::get<TokenFlaw>(verified)));
      Emit(Type::kBadToken, session, now, {}, {0, arrival.flaw->error.name});
    }
  }
  Arrive(session, now);
}

void Shard::Impl::Welcomed(Session& session, const Correlation& correlation, const Payload& payload,
                           const TokenFlaw* flaw, Now now) {
  auto say = [&](const Payload& with) {
    Welcome welcome{session.id, session.user, with, session.authenticated, flaw};
    return session.dialect->EncodeWelcome(correlation, welcome);
  };
  auto text = say(payload);
  if (text && !Fits(text->size())) {  // it is welcome all the same
    probe.drops[static_cast<size_t>(DropReason::kTooLarge)].Add();
    text = say(Payload::None());
  }
  if (text && Deliver(session, *text, now)) return;
  if (flaw && flaw->is_bad) TellTokenRemoved(session, now);
}

// Refuses whoever has not opened yet, in the dialect's own way if it was greeted.
void Shard::Impl::Refuse(Session& session, CloseCause cause, const CallError& error,
                         CloseFrame frame, Now now) {
  Agree(session);
  if (session.arrival && session.arrival->greeted) {
    const Correlation& greeting = session.arrival->greeting;
    std::string refusal = session.dialect->EncodeError(greeting, error);
    if (!refusal.empty()) Deliver(session, refusal, now);
    // It was told why; the close has the dialect's own reason, unless a code was chosen for it.
    if (!refusal.empty() && frame.code == 0) frame.reason.clear();
  }
  CloseSession(session, cause, std::move(frame), now);
}

// --- Admission -----------------------------------------------------------------------------------

// Where admission was ever asked for, nobody comes in unasked.
bool Shard::Impl::Admit(Session& session, Now now) {
  Endpoint* endpoint = methods.Find(session.space_name, Role::kAdmission);
  const auto& required = options.admission_required;
  bool must_ask = endpoint || std::any_of(required.begin(), required.end(), [&](const auto& name) {
                    return name == "*" || name == session.space_name;
                  });
  if (!must_ask) return false;
  PendingCall* call = nullptr;
  if (endpoint && !endpoint->offers.empty()) {
    call = calls.Begin(session.key, *endpoint,
                       {.role = Role::kAdmission,
                        .params = session.arrival->payload,
                        .time_limit = options.admission_timeout},
                       now);
  }
  if (call) {
    Holds(session, *call);
  } else {
    Refuse(session, CloseCause::kAdmissionDown, MakeError(Fault::kUnavailable), {}, now);
  }
  return true;
}

void Shard::Impl::OnAdmission(Session& session, WorkerResult result, Now now) {
  probe.admission_seconds.Observe(absl::ToDoubleSeconds(now - session.arrival->since));
  if (auto* reject = std::get_if<Reject>(&result)) {
    CallError error{Fault::kApplication, "Rejected", reject->code, reject->reason, {}};
    return Refuse(session, CloseCause::kRejected, error, {reject->code, std::move(reject->reason)},
                  now);
  }
  if (auto* error = std::get_if<CallError>(&result)) {
    bool said = error->fault == Fault::kApplication || error->fault == Fault::kTooLarge;
    std::string reason = said ? std::string(text::CutUtf8(error->message, kCloseReasonMax)) : "";
    return Refuse(session, said ? CloseCause::kRejected : CloseCause::kAdmissionDown, *error,
                  {0, std::move(reason)}, now);
  }
  if (auto* accept = std::get_if<Accept>(&result)) {
    if (!SetLabels(session, accept->labels)) {
      CallError error = TooManyLabels();
      return Refuse(session, CloseCause::kRejected, error, {0, error.message}, now);
    }
    session.authenticated = true;
    if (!accept->id.empty()) session.id = accept->id;
    session.user = accept->user;
    ChooseSubprotocol(session, accept->subprotocol, now);
    session.arrival->accepted = std::make_unique<Accept>(std::move(*accept));
  }
  Arrive(session, now);
}

// --- Presence ------------------------------------------------------------------------------------

storage::PresenceRecord Shard::Impl::RecordOf(const Session& session) const {
  return {{session.space_name, session.id},
          session.user,
          options.node,
          session.key.value,
          session.connected_at,
          session.detail ? *session.detail : ""};
}

void Shard::Impl::Claim(Session& session) {
  session.state = Session::State::kArriving;
  if (session.dialect->shows_members()) {
    session.detail = std::make_unique<const std::string>(
        session.dialect->DetailOf(*session.upgrade, session.id, session.connected_at));
  }
  if (!releases.empty()) Flush();  // ids that were given up here are free
  storage::PresenceRecord record = RecordOf(session);
  successions.emplace(session.key, Succession{record.key});
  presence.TryClaim(record, options.id_policy, self,
                    [this, record](absl::StatusOr<storage::Claim> claim, Now now) {
                      OnClaimed(record, std::move(claim), now);
                    });
}

Session* Shard::Impl::Arriving(SessionKey key) const {
  Session* session = sessions.Find(key);
  return session && session->state == Session::State::kArriving ? session : nullptr;
}

void Shard::Impl::OnClaimRefused(const storage::PresenceRecord& record, CloseCause cause, Now now) {
  Session* session = Arriving({record.session});
  if (!session) return;
  CallError error = MakeError(Fault::kUnavailable);
  if (cause == CloseCause::kIdTaken) error = MakeError(Fault::kIdTaken);
  Refuse(*session, cause, error, {}, now);
}

// --- Open ----------------------------------------------------------------------------------------

void Shard::Impl::Enter(Session& session, Estate estate, Now now) {
  // The store forgot whose the id was, or it was given back too early.
  if (Session* holder = directory.Find(session.space_name, session.id)) {
    CloseSession(*holder, CloseCause::kReplaced, {}, now, Going::kLosesId);
  }
  std::unique_ptr<ArrivalProgress> arrival = std::move(session.arrival);
  session.state = Session::State::kOpen;
  session.claimed = true;
  session.liveness.Start(session.socket->flow(), now);
  session.free_channels = options.channels_per_connection;
  directory.Add(session);
  DialectId dialect = session.dialect->id();
  probe.connections[dialect].Add(1);
  probe.opened[dialect].Add();
  if (estate.owed) probe.takeovers.Add();
  Emit(estate.owed ? Type::kTakenOver : Type::kOpened, session, now);
  if (arrival->token) {
    // Admission has said who it is, if the token does not.
    if (arrival->token->user.empty()) arrival->token->user = session.user;
    TakeToken(session, std::move(*arrival->token), now);
  }
  TakeOn(session, estate, now);
  ScheduleLiveness(session);
  SayFirst(session, *arrival, now);
  if (!OpenSession(session.key)) return;
  if (session.dialect->shows_members()) SeeMembers(session, now);
  GoOn(session, now);
}

// The welcome, then what admission gave along.
void Shard::Impl::SayFirst(Session& session, const ArrivalProgress& arrival, Now now) {
  const Accept* accept = arrival.accepted.get();
  bool named = accept && !accept->event.empty();
  Welcomed(session, arrival.greeting, accept && !named ? accept->payload : Payload::None(),
           arrival.flaw.get(), now);
  if (!accept || !OpenSession(session.key)) return;
  for (const std::string& channel : accept->channels) {
    JoinChannel(session, channel, Entry::kAccepted, now);
  }
  if (!named) return;
  DeliverMessage(session, Message(accept->event, accept->payload, encodings), now);
}

}  // namespace sluice::hub
