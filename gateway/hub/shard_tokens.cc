// SPDX-License-Identifier: Apache-2.0
//
// Signed tokens: shown by clients, handed out by backends, expired by time.
#include <utility>

#include "gateway/hub/shard_impl.h"

namespace sluice::hub {

using Type = ConnectionEvent::Type;

std::variant<Token, TokenFlaw> Shard::Impl::Verify(std::string_view token, Now now) const {
  return tokens.Verify(token, now.date);
}

// It is who the token says from here on: nobody by name, if it names none.
void Shard::Impl::TakeToken(Session& session, hub::Token token, Now now) {
  std::string user = token.user;
  Become(session, user, std::make_unique<hub::Token>(std::move(token)), /*shown=*/true, now);
}

bool Shard::Impl::HandToken(Session& session, PendingCall& call, Now now) {
  if (!call.token || !OpenSession(session.key)) return true;
  auto frame = session.dialect->EncodeToken(call.token->text, std::nullopt);
  if (!frame) {
    probe.tokens_unsupported.Add();
    return true;
  }
  if (Deliver(session, *frame, now)) return false;  // dropped
  TakeToken(session, std::move(*call.token), now);
  return true;
}

void Shard::Impl::TellTokenRemoved(Session& session, Now now) {
  if (auto removed = session.dialect->EncodeTokenRemoved()) Deliver(session, *removed, now);
}

void Shard::Impl::ShowToken(Session& session, Correlation correlation, Key batch,
                            const Authenticate& verb, Now now) {
  auto verified = Verify(verb.token, now);
  if (auto* flaw = std::get_if<TokenFlaw>(&verified)) {
    Emit(Type::kBadToken, session, now, {}, {0, flaw->error.name});
    if (flaw->is_bad) BecomeNobody(session, now);
    if (!OpenSession(session.key)) return;
    return TokenAnswered(session, correlation, batch, flaw, now);
  }
  TakeToken(session, std::move(std::get<hub::Token>(verified)), now);
  if (!OpenSession(session.key)) return;
  TokenAnswered(session, correlation, batch, nullptr, now);
}

void Shard::Impl::TokenAnswered(Session& session, const Correlation& correlation, Key batch,
                                const TokenFlaw* flaw, Now now) {
  Answered(session, batch, session.dialect->EncodeAuthenticated(correlation, flaw), now);
  if (flaw && flaw->is_bad && OpenSession(session.key)) TellTokenRemoved(session, now);
}

// --- What backends ask ---------------------------------------------------------------------------

Outcome Shard::SetToken(const Selector& selector, const Token& token, Duration confirm_within,
                        std::shared_ptr<AnswerSink> sink, Now now) {
  Impl& impl = *impl_;
  Outcome outcome;
  impl.directory.ForEach(selector, &outcome.not_found, [&](Session& session) {
    ++outcome.matched;
    if (sink && session.leaving) return outcome.Drop(DropReason::kLeaving);
    std::optional<uint64_t> call;
    if (sink) call = session.next_ask++;
    auto frame = session.dialect->EncodeToken(token.text, call);
    if (!frame) return outcome.Drop(DropReason::kUnsupported);
    if (sink && !impl.MayAsk(session)) return outcome.Drop(DropReason::kLimit);
    if (auto drop = impl.Deliver(session, *frame, now)) return outcome.Drop(*drop);
    if (sink) impl.Await(session, 0, *call, confirm_within, sink, now);
    impl.TakeToken(session, token, now);
    impl.GoOn(session, now);
    ++outcome.enqueued;
  });
  return outcome;
}

Outcome Shard::Deauthenticate(const Selector& selector, Now now) {
  Outcome outcome;
  impl_->directory.ForEach(selector, &outcome.not_found, [&](Session& session) {
    ++outcome.matched;
    ++outcome.enqueued;
    impl_->TellTokenRemoved(session, now);
    if (!impl_->OpenSession(session.key)) return;
    impl_->BecomeNobody(session, now);
    impl_->GoOn(session, now);
  });
  return outcome;
}

}  // namespace sluice::hub
