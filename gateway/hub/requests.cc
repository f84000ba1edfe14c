// SPDX-License-Identifier: Apache-2.0
#include "gateway/hub/requests.h"

#include <utility>

#include "gateway/hub/deadlines.h"
#include "gateway/hub/namespace.h"
#include "gateway/hub/probe.h"
#include "gateway/hub/session.h"
#include "gateway/hub/sessions.h"

namespace sluice::hub {

struct Requests::Request {
  Request(Key k, SessionKey s) : key(k), session(s) {}
  const Key key;
  const SessionKey session;
  uint64_t call = 0;    // the Control.Call
  uint64_t number = 0;  // that the client knows it by
  TimerWheel::Id timer = 0;
  std::shared_ptr<AnswerSink> sink;
};

Requests::Requests(uint32_t shard, size_t max, Deadlines& deadlines, ShardProbe& probe)
    : max_(max), deadlines_(deadlines), probe_(probe), requests_(shard) {}

Requests::~Requests() = default;

bool Requests::MayAsk(const Session& session) {
  const size_t owed = session.under_way.owed();
  if (size() < max_ && owed < session.space->policy.requests_per_connection) return true;
  probe_.client_calls_limited.Add();
  return false;
}

void Requests::Add(Session& session, uint64_t number, const ClientCall& call, Now now) {
  Request& request = requests_.Emplace(session.key);
  request.call = call.id;
  request.number = number;
  request.sink = call.sink;
  request.timer = deadlines_.Schedule(Deadlines::Kind::kRequest, request.key, now + call.timeout);
  auto& requests = session.under_way.requests;
  if (!requests) requests = std::make_unique<absl::flat_hash_map<uint64_t, Key>>();
  requests->emplace(number, request.key);
  if (call.id == 0) return;
  Open& open = open_[call.id];
  open.keys.push_back(request.key);
  ++open.count;
}

bool Requests::Answer(Session& session, uint64_t number, std::variant<Payload, CallError> outcome) {
  if (!Awaits(session, number)) return false;
  Request& request = *requests_.Find(session.under_way.requests->find(number)->second);
  ClientAnswer answer{session.who.id, session.who.user, {}};
  std::visit([&](auto& how) { answer.how = std::move(how); }, outcome);
  request.sink->OnAnswer(std::move(answer));
  Remove(request, &session);
  return true;
}

bool Requests::Awaits(const Session& session, uint64_t number) {
  return session.under_way.owed() > 0 && session.under_way.requests->contains(number);
}

Session* Requests::OnDeadline(Key key, const Sessions& sessions) {
  Request* request = requests_.Find(key);
  Session* session = request ? sessions.Find(request->session) : nullptr;
  if (!session) return nullptr;
  probe_.client_call_timeouts.Add();
  request->sink->OnAnswer({session->who.id, session->who.user, ClientAnswer::TimedOut{}});
  Remove(*request, session);
  return session;
}

void Requests::Abandon(Session& session) {
  auto owed = std::exchange(session.under_way.requests, nullptr);
  if (!owed) return;
  for (const auto& [number, key] : *owed) {
    Request& request = *requests_.Find(key);
    request.sink->OnAnswer({session.who.id, session.who.user, ClientAnswer::Disconnected{}});
    Remove(request, nullptr);
  }
}

void Requests::Forget(uint64_t call, const Sessions& sessions,
                      absl::FunctionRef<void(SessionKey)> freed) {
  auto found = open_.find(call);
  if (found == open_.end()) return;
  const std::vector<Key> keys = std::move(found->second.keys);
  for (Key key : keys) {
    Request* request = requests_.Find(key);
    if (!request) continue;
    SessionKey asked = request->session;
    Remove(*request, sessions.Find(asked));
    freed(asked);
  }
}

void Requests::Remove(Request& request, Session* session) {
  deadlines_.Cancel(request.timer);
  if (session) session->under_way.requests->erase(request.number);
  auto open = open_.find(request.call);
  if (open != open_.end() && --open->second.count == 0) open_.erase(open);
  requests_.Erase(request.key);
}

}  // namespace sluice::hub
