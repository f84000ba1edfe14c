// SPDX-License-Identifier: Apache-2.0
#include "gateway/hub/asks.h"

#include <utility>

namespace sluice::hub {

PendingAsk& Asks::Add(Session& session, uint64_t ask, uint64_t number,
                      std::shared_ptr<AnswerSink> sink) {
  PendingAsk& pending = asks_.Emplace(session.key);
  pending.ask = ask;
  pending.number = number;
  pending.sink = std::move(sink);
  session.asks.emplace(number, pending.key);
  if (ask != 0) {
    Open& open = open_[ask];
    open.keys.push_back(pending.key);
    ++open.count;
  }
  return pending;
}

bool Asks::Answer(Session& session, uint64_t number, std::variant<Payload, CallError> outcome) {
  auto found = session.asks.find(number);
  if (found == session.asks.end()) return false;
  PendingAsk& pending = *asks_.Find(found->second);
  ClientAnswer answer{session.id, session.user, {}};
  std::visit([&](auto& how) { answer.how = std::move(how); }, outcome);
  pending.sink->OnAnswer(std::move(answer));
  Remove(pending, &session);
  return true;
}

bool Asks::Awaits(const Session& session, uint64_t number) const {
  return session.asks.contains(number);
}

bool Asks::TimeOut(Key key, Session* session) {
  PendingAsk* pending = asks_.Find(key);
  if (!pending || !session) return false;
  pending->sink->OnAnswer({session->id, session->user, ClientAnswer::TimedOut{}});
  Remove(*pending, session);
  return true;
}

void Asks::Abandon(Session& session) {
  auto owed = std::exchange(session.asks, {});
  for (const auto& [number, key] : owed) {
    PendingAsk& pending = *asks_.Find(key);
    pending.sink->OnAnswer({session.id, session.user, ClientAnswer::Disconnected{}});
    Remove(pending, nullptr);
  }
}

void Asks::Remove(PendingAsk& pending, Session* session) {
  timers_.Cancel(pending.timer);
  if (session) session->asks.erase(pending.number);
  auto open = open_.find(pending.ask);
  if (open != open_.end() && --open->second.count == 0) open_.erase(open);
  asks_.Erase(pending.key);
}

}  // namespace sluice::hub
