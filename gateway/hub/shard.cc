// SPDX-License-Identifier: Apache-2.0
//
// The parts of a shard, and how they reach one another where one must reach up: through ports,
// which lead here.
#include "gateway/hub/shard.h"

#include <cassert>
#include <utility>

#include "gateway/hub/answers.h"
#include "gateway/hub/arrivals.h"
#include "gateway/hub/authentication.h"
#include "gateway/hub/channels.h"
#include "gateway/hub/client_verbs.h"
#include "gateway/hub/closer.h"
#include "gateway/hub/commands.h"
#include "gateway/hub/conflicts.h"
#include "gateway/hub/deadlines.h"
#include "gateway/hub/delivery.h"
#include "gateway/hub/departures.h"
#include "gateway/hub/directory.h"
#include "gateway/hub/event_buffer.h"
#include "gateway/hub/evictions.h"
#include "gateway/hub/guards.h"
#include "gateway/hub/inbox.h"
#include "gateway/hub/invoker.h"
#include "gateway/hub/keepalive.h"
#include "gateway/hub/lifetimes.h"
#include "gateway/hub/members.h"
#include "gateway/hub/method_calls.h"
#include "gateway/hub/method_lists.h"
#include "gateway/hub/methods.h"
#include "gateway/hub/namespace.h"
#include "gateway/hub/presence_records.h"
#include "gateway/hub/probe.h"
#include "gateway/hub/progress.h"
#include "gateway/hub/publications.h"
#include "gateway/hub/publisher.h"
#include "gateway/hub/requests.h"
#include "gateway/hub/rights.h"
#include "gateway/hub/sessions.h"
#include "gateway/hub/shard_set.h"
#include "gateway/hub/socket.h"
#include "gateway/hub/successions.h"
#include "gateway/hub/tokens.h"
#include "gateway/hub/views.h"
#include "gateway/hub/workers.h"
#include "storage/thread_checker.h"

namespace sluice::hub {

struct Shard::Parts final : Closer, CommandSink, Progress, ResultTaker, Newcomers, Heirs {
  Parts(uint32_t index, const ShardOptions& options, const ShardPorts& ports, ShardProbe& probe);

  // The ports.
  void CloseAs(Session& session, CloseCause cause, CloseFrame frame, Going going,
               Now now) override {
    departures.Close(session, cause, std::move(frame), going, now);
  }
  void Process(Session& session, Command&& command, Key batch, Now now) override {
    inboxes.Process(session, std::move(command), batch, now);
  }
  void GoOn(Session& session, Now now) override { inboxes.GoOn(session, now); }
  void Claim(Session& newcomer) override { arrivals.Claim(newcomer); }
  void TurnAway(Session& newcomer, CloseCause cause, Now now) override {
    arrivals.TurnAway(newcomer, cause, now);
  }
  void Enter(Session& heir, Estate estate, Now now) override {
    arrivals.Enter(heir, std::move(estate), now);
  }
  void OnResult(Session& session, PendingCall& call, WorkerResult&& result, Now now) override;

  void Route(Session& session, PendingCall& call, WorkerResult&& result, Now now);
  void OnVerdict(Session& session, const PendingCall& call, WorkerResult&& result, Now now);
  void OnDeadline(Deadlines::Kind kind, Key key, Now now);

  [[no_unique_address]] ThreadChecker thread;
  const ShardOptions options;
  DirtyList dirty;
  Deadlines deadlines;
  MethodTable methods;
  MethodLists method_lists;
  Namespaces spaces;
  Directory directory;
  Sessions sessions;
  EventBuffer events;
  Invoker invoker;
  Guards guards;
  Delivery delivery;
  Answers answers;
  Requests requests;
  PresenceRecords records;
  Conflicts conflicts;
  Keepalive keepalive;
  Evictions evictions;
  Lifetimes lifetimes;
  Rights rights;
  Authentication authentication;
  Channels channels;
  Publications publications;
  Members members;
  Successions successions;
  Arrivals arrivals;
  MethodCalls method_calls;
  Commands commands;
  Inboxes inboxes;
  Departures departures;
  Workers workers;
  ClientVerbs clients;
  Views views;
};

// --- Wiring --------------------------------------------------------------------------------------

Shard::Parts::Parts(uint32_t index, const ShardOptions& o, const ShardPorts& ports,
                    ShardProbe& probe)
    : options(o),
      deadlines(index),
      methods(options.methods_max, options.refuse_conflicts),
      method_lists(methods, options.policy.lists.bytes),
      spaces(index, options, methods, ports.set.elsewhere()),
      directory(spaces),
      sessions(index, spaces),
      events(options.node, ports.events, ports.presence),
      invoker(index, sessions, ports.set, events, deadlines, probe, *this),
      guards(invoker, probe),
      delivery(guards, *this, probe, ports.encodings),
      answers(index, sessions, delivery, *this, probe),
      requests(index, options.client_calls_max, deadlines, probe),
      records(options.node, sessions, *this, ports.presence, ports.self),
      conflicts(sessions, ports.set, *this, *this, events, deadlines, probe),
      keepalive(conflicts, *this, deadlines),
      evictions(sessions, keepalive, *this, ports.self, deadlines, probe),
      lifetimes(evictions, deadlines),
      rights(spaces, guards, invoker, delivery, events, probe),
      authentication(ports.tokens, rights, records, delivery, answers, *this, events, deadlines,
                     probe),
      channels(answers, delivery, events, probe),
      publications(index, spaces, ports.publisher, delivery, answers, ports.encodings),
      members(sessions, spaces, delivery, ports.presence, ports.self, probe),
      successions(sessions, ports.set, records, conflicts, *this, *this, *this, events,
                  ports.presence, ports.self, probe),
      arrivals(sessions,
               {guards, invoker, successions, delivery, *this, authentication, rights, channels,
                members, keepalive, lifetimes, *this},
               events, deadlines, probe, ports.encodings),
      method_calls(invoker, method_lists, authentication, channels, answers, *this, probe),
      commands({arrivals, method_calls, channels, publications, authentication, requests, evictions,
                answers, *this}),
      inboxes(commands, guards, rights, authentication, answers, evictions, deadlines, probe),
      departures(sessions, {invoker, answers, requests, evictions, conflicts, members}, delivery,
                 events, deadlines, probe),
      workers(index, methods, invoker, rights, events, probe),
      clients(directory, sessions,
              {delivery, channels, authentication, requests, evictions, *this, *this}, probe),
      views(spaces, directory, sessions, methods) {}

Shard::Shard(uint32_t index, const ShardOptions& options, const ShardPorts& ports,
             ShardProbe& probe)
    : parts_(std::make_unique<Parts>(index, options, ports, probe)) {}

Shard::~Shard() = default;

Shard::Parts& Shard::parts() const {
  assert(parts_->thread.IsCurrent());
  return *parts_;
}

// --- What comes back -----------------------------------------------------------------------------

void Shard::Parts::OnResult(Session& session, PendingCall& call, WorkerResult&& result, Now now) {
  evictions.OnFinished(session);
  Route(session, call, std::move(result), now);
  inboxes.OnFinished(session, now);
}

void Shard::Parts::Route(Session& session, PendingCall& call, WorkerResult&& result, Now now) {
  switch (call.role()) {
    case Role::kAdmission:
      return arrivals.OnAdmission(session, std::move(result), now);
    case Role::kGuard:
      return OnVerdict(session, call, std::move(result), now);
    case Role::kMethod:
    case Role::kLogin:
    case Role::kRaw:
      return method_calls.OnResult(session, call, std::move(result), now);
  }
}

// To whatever waits for it.
void Shard::Parts::OnVerdict(Session& session, const PendingCall& call, WorkerResult&& result,
                             Now now) {
  const GuardAction action = call.invocation.action;
  const auto* verdict = std::get_if<Verdict>(&result);
  const std::string subprotocol = verdict && verdict->allow ? verdict->subprotocol : "";
  Decision decision = guards.Judge(session, std::move(result));
  const bool stale = call.identity != session.who.version;
  if (!session.open()) {
    arrivals.OnVerdict(session, action, std::move(decision), subprotocol, now);
  } else if (action == GuardAction::kPublishOut) {
    delivery.OnVerdict(session, decision, stale, now);
  } else {
    inboxes.OnVerdict(session, std::move(decision), stale, now);
  }
}

void Shard::Parts::OnDeadline(Deadlines::Kind kind, Key key, Now now) {
  using Kind = Deadlines::Kind;
  if (kind == Kind::kCall) return invoker.calls().OnDeadline(key, now);
  if (kind == Kind::kGrace) return evictions.OnDeadline(key, now);
  Session* session =
      kind == Kind::kRequest ? requests.OnDeadline(key, sessions) : sessions.Find(key);
  if (!session) return;
  if (kind == Kind::kRequest) evictions.OnFinished(*session);
  if (kind == Kind::kLife) keepalive.OnDeadline(*session, now);
  if (kind == Kind::kLifetime) lifetimes.OnDeadline(*session, now);
  if (kind == Kind::kExpiry && session->open()) authentication.OnDeadline(*session, now);
  if (kind == Kind::kIdProbe) conflicts.OnDeadline(*session, now);
  if (kind == Kind::kTurn) inboxes.OnDeadline(*session, now);
}

// --- The edge ------------------------------------------------------------------------------------

bool Shard::Refuses(std::string_view space) const {
  const Namespace* found = parts().spaces.Find(space);
  return found && found->refuses;
}

SessionKey Shard::Open(Arrival arrival, Socket& socket, Now now) {
  return parts().arrivals.Open(std::move(arrival), socket, now);
}

bool Shard::Receive(SessionKey key, std::string_view bytes, bool binary, Now now) {
  Session* session = parts().sessions.Find(key);
  if (!session || !session->Hears()) return false;
  parts().keepalive.Heard(*session, now);
  parts().authentication.Expire(*session, now);
  return session->Hears() && parts().inboxes.Receive(*session, bytes, binary, now);
}

bool Shard::Reading(SessionKey key) const {
  const Session* session = parts().sessions.Find(key);
  return session && session->Reading();
}

void Shard::Alive(SessionKey key, Now now) {
  if (Session* session = parts().sessions.Find(key)) parts().keepalive.Heard(*session, now);
}

void Shard::Closed(SessionKey key, const CloseFrame& frame, Now now) {
  parts().departures.OnClosed(key, frame, now);
}

void Shard::Tick(Now now) {
  Parts& own = parts();
  own.deadlines.Advance(now,
                        [&](Deadlines::Kind kind, Key key) { own.OnDeadline(kind, key, now); });
  own.members.TellGathered(now);
  own.workers.LookForEjected(now);
}

void Shard::EndTurn() { parts().events.Flush(); }
DirtyList& Shard::dirty() { return parts().dirty; }
size_t Shard::sessions() const { return parts().sessions.size(); }

// --- Backends ------------------------------------------------------------------------------------

ClientVerbs& Shard::clients() { return parts().clients; }
const Views& Shard::views() const { return parts().views; }
Workers& Shard::workers() { return parts().workers; }
size_t Shard::requests() const { return parts().requests.size(); }

Outcome Shard::Deliver(const Saying& saying, Now now) {
  return parts().publications.Deliver(saying, now);
}

void Shard::Drain(absl::Span<const SessionKey> keys, const SharedDrainOrder& order, Now now) {
  parts().evictions.Drain(keys, order, now);
}

void Shard::Spare(const SharedDrainOrder& order, Now now) { parts().evictions.Spare(order, now); }

void Shard::Refuse(const std::string& space, bool refuse) {
  if (!refuse && !parts().spaces.Find(space)) return;
  Namespace& found = parts().spaces.Get(space);
  found.refuses = refuse;
  parts().spaces.Forget(found);
}

// --- Other shards and nodes ----------------------------------------------------------------------

void Shard::Displace(const storage::PresenceRecord& holder, Heir heir, Now now) {
  parts().successions.Displace(holder, std::move(heir), now);
}

void Shard::Inherit(SessionKey key, Estate estate, Now now) {
  parts().successions.Inherit(key, std::move(estate), now);
}

void Shard::ProbeHolder(const storage::PresenceRecord& holder, hub::Judged judged, Now now) {
  parts().conflicts.Probe(holder, std::move(judged), now);
}

void Shard::Judged(SessionKey newcomer, bool holder_lives, Now now) {
  parts().conflicts.OnJudged(newcomer, holder_lives, now);
}

void Shard::Heard(const std::string& space) {
  if (Namespace* found = parts().spaces.Find(space)) parts().arrivals.OnHeard(*found);
}

}  // namespace sluice::hub
