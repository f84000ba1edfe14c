// SPDX-License-Identifier: Apache-2.0
#include "gateway/hub/arrivals.h"

#include <algorithm>
#include <utility>

#include "absl/random/distributions.h"
#include "absl/strings/str_format.h"
#include "gateway/hub/authentication.h"
#include "gateway/hub/channels.h"
#include "gateway/hub/closer.h"
#include "gateway/hub/deadlines.h"
#include "gateway/hub/delivery.h"
#include "gateway/hub/directory.h"
#include "gateway/hub/endpoints.h"
#include "gateway/hub/event_buffer.h"
#include "gateway/hub/guards.h"
#include "gateway/hub/invoker.h"
#include "gateway/hub/keepalive.h"
#include "gateway/hub/labels.h"
#include "gateway/hub/lifetimes.h"
#include "gateway/hub/members.h"
#include "gateway/hub/namespace.h"
#include "gateway/hub/progress.h"
#include "gateway/hub/rights.h"
#include "gateway/hub/sessions.h"
#include "gateway/hub/successions.h"
#include "text/utf8.h"

namespace sluice::hub {
namespace {

// The code with which a guard wants to close, if it has chosen one.
CloseFrame CloseFrameOf(const CallError& error) {
  if (error.code < 4000 || error.code > 4999) return {};
  return {static_cast<uint16_t>(error.code),
          std::string(text::CutUtf8(error.message, kCloseReasonMax))};
}

}  // namespace

using Step = Arriving::Step;
using Type = ConnectionEvent::Type;

// --- Steps ---------------------------------------------------------------------------------------

SessionKey Arrivals::Open(Arrival arrival, Socket& socket, Now now) {
  if (arrival.id.empty()) arrival.id = NewId();
  Session& session = sessions_.Add(std::move(arrival), socket, now);
  session.life.liveness.Start({}, now);
  const SessionKey key = session.key;
  if (!session.origin.upgrade.subprotocols) session.Agree();
  auto objection = session.dialect->Object(session.origin.upgrade, session.space->name);
  if (objection) {
    session.Agree();
    parts_.delivery.Say(session, objection->message, now);
    parts_.closer.Close(session, CloseCause::kProtocol, std::move(objection->then), now);
  } else {
    GoOn(session, now);
  }
  return key;
}

// A random UUID (RFC 9562, version 4).
std::string Arrivals::NewId() {
  uint64_t high = absl::Uniform<uint64_t>(random_);
  uint64_t low = absl::Uniform<uint64_t>(random_);
  high = (high & ~uint64_t{0xf000}) | 0x4000;
  low = (low & ~(uint64_t{3} << 62)) | uint64_t{2} << 62;
  return absl::StrFormat("%08x-%04x-%04x-%04x-%012x", high >> 32, high >> 16 & 0xffff,
                         high & 0xffff, low >> 48, low & 0xffffffffffff);
}

// Until a step has to wait.
void Arrivals::GoOn(Session& session, Now now) {
  const bool greets = session.dialect->traits().handshake_timeout > absl::ZeroDuration();
  while (session.arrival && session.state != Session::State::kClosing) {
    if (TakeStep(session, session.arrival->Next(greets), now)) return;
  }
}

// True if the arrival waits now, or is over.
bool Arrivals::TakeStep(Session& session, Step step, Now now) {
  Arriving& arrival = *session.arrival;
  switch (step) {
    case Step::kConnectGuard:
      return AskGuard(session, GuardAction::kConnect, {}, now);
    case Step::kGreeting:
      return AwaitGreeting(session, now);
    case Step::kAuthenticateGuard:
      return AskGuard(session, GuardAction::kAuthenticate,
                      Payload::Json(arrival.token->claims_json), now);
    case Step::kHandshakeGuard:
      return AskGuard(session, GuardAction::kHandshake, arrival.payload, now);
    case Step::kAdmission:
      return AskAdmission(session, now);
    case Step::kClaim:
      session.Agree();
      Claim(session);
      return true;
  }
  return true;
}

// --- Guards --------------------------------------------------------------------------------------

bool Arrivals::AskGuard(Session& session, GuardAction action, const Payload& data, Now now) {
  Decision decision = parts_.guards.Ask(session, action, {}, data, now);
  if (decision.blocked()) OnBlocked(session, action, decision.error, now);
  return decision.asked() || session.state == Session::State::kClosing;
}

void Arrivals::OnVerdict(Session& session, GuardAction action, Decision decision,
                         std::string_view subprotocol, Now now) {
  if (action == GuardAction::kConnect) ChooseSubprotocol(session, subprotocol, now);
  if (decision.blocked()) OnBlocked(session, action, decision.error, now);
  GoOn(session, now);
}

// A token that was blocked is only not taken; everything else refuses the connection.
void Arrivals::OnBlocked(Session& session, GuardAction action, const CallError& error, Now now) {
  if (action != GuardAction::kAuthenticate) {
    return Refuse(session, CloseCause::kRejected, error, CloseFrameOf(error), now);
  }
  session.arrival->token.reset();
  session.arrival->flaw = std::make_unique<TokenFlaw>(TokenFlaw{error, false});
}

// A worker's choice; a wrong one is left out.
void Arrivals::ChooseSubprotocol(Session& session, std::string_view name, Now now) {
  Subprotocols* subprotocols = session.origin.upgrade.subprotocols.get();
  if (name.empty() || (subprotocols && name == subprotocols->agreed)) return;
  bool late = session.arrival->agreed || (subprotocols && subprotocols->settled);
  if (subprotocols && !late) {
    const auto& offered = subprotocols->offered;
    if (std::find(offered.begin(), offered.end(), name) != offered.end()) {
      subprotocols->agreed = std::string(name);
      return;
    }
  }
  probe_.subprotocols_ignored.Add();
  events_.Emit(
      Type::kWarning, session, now, {},
      {0, late ? "a subprotocol was chosen too late" : "a subprotocol was chosen, not offered"});
}

// --- The dialect's handshake ---------------------------------------------------------------------

bool Arrivals::AwaitGreeting(Session& session, Now now) {
  session.Agree();
  session.state = Session::State::kGreeting;
  session.life.timer = deadlines_.Schedule(Deadlines::Kind::kLife, session.key,
                                           now + session.dialect->traits().handshake_timeout);
  session.socket->Resume();
  return true;
}

void Arrivals::OnGreeting(Session& session, Correlation correlation, Greet greet, Now now) {
  if (session.open()) return Welcome(session, correlation, {}, nullptr, now);
  if (session.state != Session::State::kGreeting) return;
  session.state = Session::State::kArriving;
  deadlines_.Cancel(session.life.timer);
  Arriving& arrival = *session.arrival;
  arrival.greeted = true;
  arrival.greeting = std::move(correlation);
  arrival.payload = std::move(greet.payload);
  if (!greet.token.empty()) {
    auto verified = parts_.authentication.Verify(greet.token, now);
    if (auto* token = std::get_if<Token>(&verified)) {
      arrival.token = std::make_unique<Token>(std::move(*token));
    } else {
      arrival.flaw = std::make_unique<TokenFlaw>(std::move(std::get<TokenFlaw>(verified)));
      events_.Emit(Type::kBadToken, session, now, {}, {0, arrival.flaw->error.name});
    }
  }
  GoOn(session, now);
}

void Arrivals::Welcome(Session& session, const Correlation& correlation, const Payload& payload,
                       const TokenFlaw* flaw, Now now) {
  auto say = [&](const Payload& with) {
    const Identity& who = session.who;
    return session.dialect->EncodeWelcome(correlation,
                                          {who.id, who.user, with, who.authenticated, flaw});
  };
  auto text = say(payload);
  if (text && !Delivery::Fits(session, text->size())) {  // it is welcome all the same
    probe_.drops[static_cast<size_t>(DropReason::kTooLarge)].Add();
    text = say(Payload::None());
  }
  if (text && parts_.delivery.Say(session, *text, now)) return;
  if (flaw && flaw->is_bad) parts_.authentication.TellRemoved(session, now);
}

// In the dialect's own way if it was greeted.
void Arrivals::Refuse(Session& session, CloseCause cause, const CallError& error, CloseFrame frame,
                      Now now) {
  session.Agree();
  if (session.arrival && session.arrival->greeted) {
    std::string refusal = session.dialect->EncodeError(session.arrival->greeting, error);
    if (!refusal.empty()) parts_.delivery.Say(session, refusal, now);
    // It was told why; the close has the dialect's own reason, unless a code was chosen for it.
    if (!refusal.empty() && frame.code == 0) frame.reason.clear();
  }
  parts_.closer.Close(session, cause, std::move(frame), now);
}

// --- Admission -----------------------------------------------------------------------------------

// Where admission was ever asked for, nobody comes in unasked.
bool Arrivals::AskAdmission(Session& session, Now now) {
  Endpoint* endpoint = session.space->offers.Find(Role::kAdmission);
  const NamespacePolicy::Arrival& policy = session.space->policy.arrival;
  if (!endpoint && !policy.admission_required) return false;
  bool asked = endpoint && !endpoint->offers.empty() &&
               parts_.invoker.Begin(session, *endpoint,
                                    {.role = Role::kAdmission, .params = session.arrival->payload},
                                    policy.admission_timeout, now);
  if (!asked) {
    Refuse(session, CloseCause::kAdmissionDown, MakeError(Fault::kUnavailable), {}, now);
  }
  return true;
}

void Arrivals::OnAdmission(Session& session, WorkerResult result, Now now) {
  probe_.admission_seconds.Observe(absl::ToDoubleSeconds(now - session.arrival->since));
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
    if (!SetLabels(session, accept->labels, probe_)) {
      CallError error = TooManyLabels();
      return Refuse(session, CloseCause::kRejected, error, {0, error.message}, now);
    }
    session.who.authenticated = true;
    if (!accept->id.empty()) session.who.id = accept->id;
    session.who.user = accept->user;
    ChooseSubprotocol(session, accept->subprotocol, now);
    session.arrival->accepted = std::make_unique<Accept>(std::move(*accept));
  }
  GoOn(session, now);
}

// --- Its id --------------------------------------------------------------------------------------

void Arrivals::Claim(Session& session) {
  session.state = Session::State::kArriving;
  Origin& origin = session.origin;
  if (session.dialect->traits().shows_members) {
    origin.detail = std::make_unique<const std::string>(
        session.dialect->DetailOf(origin.upgrade, session.who.id, origin.connected_at));
  }
  if (!session.space->heard) return session.space->waiting.push_back(session.key);
  parts_.successions.Claim(session);
}

void Arrivals::OnHeard(Namespace& space) {
  space.heard = true;
  for (SessionKey key : std::exchange(space.waiting, {})) {
    if (Session* session = sessions_.FindArriving(key)) parts_.successions.Claim(*session);
  }
}

void Arrivals::TurnAway(Session& session, CloseCause cause, Now now) {
  Fault fault = cause == CloseCause::kIdTaken ? Fault::kIdTaken : Fault::kUnavailable;
  Refuse(session, cause, MakeError(fault), {}, now);
}

// --- Open ----------------------------------------------------------------------------------------

void Arrivals::Enter(Session& session, Estate estate, Now now) {
  // The store forgot whose the id was, or this session came into it so late that it is the holder's
  // by now. So the holder gives it back, which is in vain if it is not its own.
  auto& by_id = session.space->by_id;
  if (auto holder = by_id.find(session.who.id); holder != by_id.end()) {
    parts_.closer.CloseAs(*holder->second, CloseCause::kReplaced, {}, Going::kLeaves, now);
  }
  std::unique_ptr<Arriving> arrival = std::move(session.arrival);
  session.state = Session::State::kOpen;
  session.who.claimed = true;
  session.inbox.free_channels =
      static_cast<uint32_t>(session.space->policy.channels.per_connection);
  Directory::Add(session);
  DialectId dialect = session.dialect->id();
  probe_.connections[dialect].Add(1);
  probe_.opened[dialect].Add();
  if (estate.owed) probe_.takeovers.Add();
  events_.Emit(estate.owed ? Type::kTakenOver : Type::kOpened, session, now);
  if (arrival->token) {
    // Admission has said who it is, if the token does not.
    if (arrival->token->user.empty()) arrival->token->user = session.who.user;
    parts_.authentication.TakeToken(session, std::move(*arrival->token), now);
  }
  parts_.rights.Inherit(session, estate, now);
  parts_.keepalive.Start(session, now);
  parts_.lifetimes.Start(session, now);
  SayFirst(session, *arrival, now);
  if (!session.open()) return;
  if (session.dialect->traits().shows_members) parts_.members.See(session, now);
  parts_.progress.GoOn(session, now);
}

// The welcome, then what admission gave along.
void Arrivals::SayFirst(Session& session, const Arriving& arrival, Now now) {
  const Accept* accept = arrival.accepted.get();
  bool named = accept && !accept->event.empty();
  Welcome(session, arrival.greeting, accept && !named ? accept->payload : Payload::None(),
          arrival.flaw.get(), now);
  if (!accept || !session.open()) return;
  for (const std::string& channel : accept->channels) {
    parts_.channels.Join(session, channel, Entry::kAccepted, now);
  }
  if (!named) return;
  parts_.delivery.Send(session, Message(accept->event, accept->payload, encodings_), now);
}

}  // namespace sluice::hub
