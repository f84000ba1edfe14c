// SPDX-License-Identifier: Apache-2.0
#include "gateway/hub/authentication.h"

#include <algorithm>
#include <utility>

#include "gateway/hub/answers.h"
#include "gateway/hub/deadlines.h"
#include "gateway/hub/delivery.h"
#include "gateway/hub/directory.h"
#include "gateway/hub/event_buffer.h"
#include "gateway/hub/presence_records.h"
#include "gateway/hub/probe.h"
#include "gateway/hub/progress.h"
#include "gateway/hub/rights.h"
#include "gateway/hub/session.h"

namespace sluice::hub {
namespace {

// The world's clock may be set forward: expiry is looked at again after so much elapsed time.
constexpr Duration kLookAgain = absl::Minutes(1);

}  // namespace

using Type = ConnectionEvent::Type;

// --- Tokens --------------------------------------------------------------------------------------

void Authentication::OnShown(Session& session, const Question& question, const Authenticate& verb,
                             Now now) {
  auto verified = Verify(verb.token, now);
  if (auto* flaw = std::get_if<TokenFlaw>(&verified)) {
    events_.Emit(Type::kBadToken, session, now, {}, {0, flaw->error.name});
    if (flaw->is_bad) BecomeNobody(session, now);
    if (session.open()) TellVerdict(session, question, flaw, now);
    return;
  }
  TakeToken(session, std::move(std::get<Token>(verified)), now);
  if (session.open()) TellVerdict(session, question, nullptr, now);
}

void Authentication::TellVerdict(Session& session, const Question& question, const TokenFlaw* flaw,
                                 Now now) {
  auto text = session.dialect->EncodeAuthenticated(question.correlation, flaw);
  answers_.Finish(session, question.batch, std::move(text), now);
  if (flaw && flaw->is_bad && session.open()) TellRemoved(session, now);
}

void Authentication::TakeToken(Session& session, Token token, Now now) {
  std::string user = token.user;
  Become(session, user, std::make_unique<Token>(std::move(token)), /*shown=*/true, now);
}

bool Authentication::HandToken(Session& session, Token token, Now now) {
  auto text = session.dialect->EncodeToken(token.text, std::nullopt);
  if (!text) {
    probe_.tokens_unsupported.Add();
    return true;
  }
  if (delivery_.Say(session, *text, now)) return false;
  TakeToken(session, std::move(token), now);
  return true;
}

void Authentication::TellRemoved(Session& session, Now now) {
  if (auto text = session.dialect->EncodeTokenRemoved()) delivery_.Say(session, *text, now);
}

// --- Who it is -----------------------------------------------------------------------------------

void Authentication::Become(Session& session, const std::string& user, std::unique_ptr<Token> token,
                            bool shown, Now now) {
  bool same = session.who.authenticated && !user.empty() && user == session.who.user;
  session.who.authenticated = true;
  session.who.token = std::move(token);
  ScheduleExpiry(session, now);
  SetUser(session, user, now);
  if (shown) {
    events_.Emit(Type::kAuthenticated, session, now).more =
        std::make_shared<const ConnectionEvent::More>(
            ConnectionEvent::More{.claims_json = session.who.token->claims_json});
  }
  rights_.Rejudge(session, same ? Change::kSameUser : Change::kOtherUser, now);
}

void Authentication::Identify(Session& session, const std::string& user, Now now) {
  std::unique_ptr<Token>& token = session.who.token;
  if (token && !token->user.empty() && token->user != user) {
    token.reset();
    TellRemoved(session, now);
    if (!session.open()) return;
  }
  Become(session, user, std::move(token), /*shown=*/false, now);
}

void Authentication::BecomeNobody(Session& session, Now now) {
  if (!session.who.authenticated) return;
  session.who.authenticated = false;
  session.who.token.reset();
  ScheduleExpiry(session, now);
  SetUser(session, "", now);
  events_.Emit(Type::kDeauthenticated, session, now);
  rights_.Rejudge(session, Change::kNobody, now);
}

void Authentication::Dismiss(Session& session, Now now) {
  if (session.who.token) TellRemoved(session, now);
  if (session.open()) BecomeNobody(session, now);
}

void Authentication::SetUser(Session& session, const std::string& user, Now now) {
  if (user == session.who.user) return;
  Directory::SetUser(session, user);
  records_.Update(session);
  events_.Emit(Type::kUserChanged, session, now);
}

// --- Time ----------------------------------------------------------------------------------------

void Authentication::ScheduleExpiry(Session& session, Now now) {
  Identity& who = session.who;
  deadlines_.Cancel(who.expiry);
  if (!who.token || who.token->expires == absl::InfiniteFuture()) return;
  Duration left = std::clamp(who.token->expires - now.date, absl::ZeroDuration(), kLookAgain);
  who.expiry = deadlines_.Schedule(Deadlines::Kind::kExpiry, session.key, now + left);
}

void Authentication::OnDeadline(Session& session, Now now) {
  Expire(session, now);
  if (session.open()) ScheduleExpiry(session, now);
}

void Authentication::Expire(Session& session, Now now) {
  if (!session.who.token || session.who.token->expires > now.date) return;
  Dismiss(session, now);
  progress_.GoOn(session, now);
}

}  // namespace sluice::hub
