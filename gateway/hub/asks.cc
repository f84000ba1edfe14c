// SPDX-License-Identifier: Apache-2.0
#include "gateway/hub/asks.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace sluice::hub {

PendingAsk& Asks::Add(Session& session, uint64_t ask, uint64_t number,
                      std::shared_ptr<AnswerSink> sink) {
  PendingAsk& pending = asks_.Emplace(session.key);
  pending.ask = ask;
  pending.number = number;
  pending.sink = std::move(sink);
  session.asks.push_back(pending.key);
  return pending;
}

bool Asks::Answer(Session& session, uint64_t number, std::variant<Payload, CallError> outcome) {
  for (Key key : session.asks) {
    PendingAsk* pending = asks_.Find(key);
    if (pending->number != number) continue;
    ClientAnswer answer{session.id, session.user, {}};
    std::visit([&](auto& how) { answer.how = std::move(how); }, outcome);
    pending->sink->OnAnswer(std::move(answer));
    Remove(*pending, &session);
    return true;
  }
  return false;
}

bool Asks::Awaits(const Session& session, uint64_t number) const {
  return std::any_of(session.asks.begin(), session.asks.end(),
                     [&](Key key) { return asks_.Find(key)->number == number; });
}

bool Asks::TimeOut(Key key, Session* session) {
  PendingAsk* pending = asks_.Find(key);
  if (!pending || !session) return false;
  pending->sink->OnAnswer({session->id, session->user, ClientAnswer::TimedOut{}});
  Remove(*pending, session);
  return true;
}

void Asks::Abandon(Session& session) {
  std::vector<Key> owed = session.asks;
  for (Key key : owed) {
    PendingAsk* pending = asks_.Find(key);
    pending->sink->OnAnswer({session.id, session.user, ClientAnswer::Disconnected{}});
    Remove(*pending, &session);
  }
}

void Asks::Remove(PendingAsk& pending, Session* session) {
  timers_.Cancel(pending.timer);
  if (session) std::erase(session->asks, pending.key);
  asks_.Erase(pending.key);
}

}  // namespace sluice::hub
