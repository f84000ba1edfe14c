// SPDX-License-Identifier: Apache-2.0
//
// What the parts of a shard stand on, for tests of single parts: sessions in any state, and ports
// that note who was called.
#pragma once

#include <deque>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "gateway/hub/answers.h"
#include "gateway/hub/calls.h"
#include "gateway/hub/closer.h"
#include "gateway/hub/command.h"
#include "gateway/hub/conflicts.h"
#include "gateway/hub/deadlines.h"
#include "gateway/hub/delivery.h"
#include "gateway/hub/directory.h"
#include "gateway/hub/event_buffer.h"
#include "gateway/hub/event_log.h"
#include "gateway/hub/guards.h"
#include "gateway/hub/invoker.h"
#include "gateway/hub/methods.h"
#include "gateway/hub/namespace.h"
#include "gateway/hub/neighbours.h"
#include "gateway/hub/presence_records.h"
#include "gateway/hub/probe.h"
#include "gateway/hub/progress.h"
#include "gateway/hub/rights.h"
#include "gateway/hub/session.h"
#include "gateway/hub/sessions.h"
#include "storage/presence_memory.h"
#include "tests/fakes/fake_dialect.h"
#include "tests/fakes/fake_ports.h"
#include "tests/fakes/fake_socket.h"
#include "tests/fakes/fake_worker.h"
#include "tests/fakes/hub_world.h"
#include "tests/fakes/manual_executor.h"

namespace sluice::fakes {

// Notes who is closed and why, and closes nothing but the session's state.
class NotedCloser final : public hub::Closer {
 public:
  struct Closed {
    std::string id;
    hub::CloseCause cause;
    hub::Going going;
  };
  void CloseAs(hub::Session& session, hub::CloseCause cause, hub::CloseFrame, hub::Going going,
               Now) override {
    closed.push_back({session.who.id, cause, going});
    session.state = hub::Session::State::kClosing;
    if (leaves) hub::Directory::Remove(session);
  }
  std::vector<Closed> closed;
  bool leaves = false;  // takes it out of the directory as well
};

// Notes what is wanted of other shards.
class NotedNeighbours final : public hub::Neighbours {
 public:
  void ProbeHolder(const storage::PresenceRecord& holder, hub::SessionKey newcomer) const override {
    probes.emplace_back(hub::SessionKey{holder.session}, newcomer);
  }
  void Displace(const storage::PresenceRecord& holder, hub::SessionKey newcomer) const override {
    displaced.emplace_back(hub::SessionKey{holder.session}, newcomer);
  }
  void StartWaitingCalls() const override { ++starts; }
  // What whoever asked for a newcomer would be told.
  hub::Judged JudgedOf(hub::SessionKey newcomer) const {
    return [this, newcomer](bool lives) { judgements.emplace_back(newcomer, lives); };
  }
  hub::Heir HeirOf(hub::SessionKey heir) const {
    return [this, heir](hub::Estate estate) { inherited.emplace_back(heir, std::move(estate)); };
  }

  using Keys = std::pair<hub::SessionKey, hub::SessionKey>;
  mutable std::vector<Keys> probes;     // holder, newcomer
  mutable std::vector<Keys> displaced;  // holder, newcomer
  mutable std::vector<std::pair<hub::SessionKey, bool>> judgements;
  mutable std::vector<std::pair<hub::SessionKey, hub::Estate>> inherited;
  mutable int starts = 0;
};

// Notes those on their way in, of whom something is decided.
class NotedNewcomers final : public hub::Newcomers {
 public:
  void Claim(hub::Session& newcomer) override { claims.push_back(newcomer.who.id); }
  void TurnAway(hub::Session& newcomer, hub::CloseCause cause, Now) override {
    turned_away.emplace_back(newcomer.who.id, cause);
  }
  std::vector<std::string> claims;
  std::vector<std::pair<std::string, hub::CloseCause>> turned_away;
};

// Notes who may go on.
class NotedProgress final : public hub::Progress {
 public:
  void GoOn(hub::Session& session, Now) override { went_on.push_back(session.who.id); }
  std::vector<std::string> went_on;
};

// Notes what is to be carried out.
class NotedCommands final : public hub::CommandSink {
 public:
  void Process(hub::Session&, hub::Command&& command, hub::Key batch, Now) override {
    questions.push_back({std::move(command.correlation), batch});
  }
  std::vector<hub::Question> questions;
};

class NotedResults final : public hub::ResultTaker {
 public:
  void OnResult(hub::Session& session, hub::PendingCall& call, hub::WorkerResult&& result,
                Now) override {
    calls_left.push_back(session.under_way.calls.size());
    results.push_back(std::move(result));
    identities.push_back(call.identity);
  }
  std::vector<size_t> calls_left;
  std::vector<hub::WorkerResult> results;
  std::vector<uint32_t> identities;
};

class ShardParts {
 public:
  explicit ShardParts(hub::ShardOptions o = {}) : options(std::move(o)) {}

  // A session that is open, or on its way in.
  hub::Session& Open(const std::string& space, const std::string& id,
                     const std::string& user = "") {
    hub::Session& session = Arrive(space, id);
    session.state = hub::Session::State::kOpen;
    session.arrival = nullptr;
    session.who.user = user;
    hub::Directory::Add(session);
    return session;
  }
  hub::Session& Arrive(const std::string& space, const std::string& id) {
    sockets.push_back(std::make_unique<FakeSocket>(dirty));
    return sessions.Add({space, id, &dialect, {}}, *sockets.back(), now);
  }
  static FakeSocket& SocketOf(const hub::Session& session) {
    return static_cast<FakeSocket&>(*session.socket);
  }

  // A worker that offers one thing in a namespace.
  std::shared_ptr<FakeWorker> Offer(const std::string& space, hub::Offer&& made,
                                    int64_t credit = 10) {
    auto link = std::make_shared<FakeWorker>(credit);
    auto offer = std::make_shared<hub::Offer>();
    offer->worker = HubWorld::IdOf(link);
    offer->worker_name = "w";
    offer->link = link;
    offer->role = made.role;
    offer->action = made.action;
    offer->method = made.method;
    offer->is_protected = made.is_protected;
    HubWorld::MustBeOk(methods.Register({space, {std::move(offer)}, {}}).status());
    return link;
  }
  std::shared_ptr<FakeWorker> OfferMethod(const std::string& space, const std::string& method) {
    hub::Offer offer;
    offer.method = method;
    return Offer(space, std::move(offer));
  }
  // An event that a worker declares.
  void OfferEvent(const std::string& space, const std::string& name, bool is_protected = false) {
    HubWorld::MustBeOk(methods.Register({space, {}, {{name, is_protected, 1}}}).status());
  }
  std::shared_ptr<FakeWorker> OfferGuard(const std::string& space, hub::GuardAction action) {
    hub::Offer offer;
    offer.role = hub::Role::kGuard;
    offer.action = action;
    return Offer(space, std::move(offer));
  }

  // Carries `call(kind, key)` out for each deadline that is due after `time`.
  template <typename Due>
  void Pass(absl::Duration time, Due due) {
    now += time;
    deadlines.Advance(now, due);
  }
  std::vector<hub::ConnectionEvent> Events() {
    events.Flush();
    return std::exchange(kept.events, {});
  }

  Now now{Instant(absl::Hours(1)), absl::FromUnixSeconds(1'700'000'000)};
  const hub::ShardOptions options;
  hub::ShardProbe probe;
  metrics::SharedCounter encodings;
  FakeDialect dialect;
  hub::DirtyList dirty;
  std::vector<std::unique_ptr<FakeSocket>> sockets;
  KeptEvents kept;
  storage::MemoryPresence presence;
  ManualExecutor self;
  NotedNeighbours neighbours;
  hub::MethodTable methods{options.methods_max, options.refuse_conflicts};
  FakeElsewhere elsewhere;
  hub::Namespaces spaces{0, options, methods, elsewhere};
  hub::Directory directory{spaces};
  hub::Sessions sessions{0, spaces};
  hub::Deadlines deadlines{0};
  hub::EventBuffer events{options.node, kept, presence};
  NotedCloser closer;
  NotedResults results;
  hub::Invoker invoker{0, sessions, neighbours, events, deadlines, probe, results};
  hub::Guards guards{invoker, probe};
  hub::Delivery delivery{guards, closer, probe, encodings};
  hub::Rights rights{spaces, guards, invoker, delivery, events, probe};
  hub::PresenceRecords records{options.node, sessions, closer, presence, self};
  FakeTokens tokens;
  NotedProgress progress;
  NotedNewcomers newcomers;
  hub::Conflicts conflicts{sessions, neighbours, newcomers, closer, events, deadlines, probe};
  NotedCommands commands;
  hub::Answers answers{0, sessions, delivery, commands, probe};
};

}  // namespace sluice::fakes
