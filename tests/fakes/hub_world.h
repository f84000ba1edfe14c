// SPDX-License-Identifier: Apache-2.0
//
// A whole hub without threads, sockets or clocks: shards on manual executors over memory presence.
// Time passes when the test says so.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "gateway/hub/event_log.h"
#include "gateway/hub/probe.h"
#include "gateway/hub/publisher.h"
#include "gateway/hub/shard.h"
#include "gateway/hub/shard_set.h"
#include "gateway/hub/workers.h"
#include "storage/presence_memory.h"
#include "tests/fakes/fake_dialect.h"
#include "tests/fakes/fake_elsewhere.h"
#include "tests/fakes/fake_ports.h"
#include "tests/fakes/fake_socket.h"
#include "tests/fakes/fake_worker.h"
#include "tests/fakes/manual_executor.h"

namespace sluice::fakes {

class KeptEvents final : public hub::EventOutlet {
 public:
  void Publish(std::vector<hub::ConnectionEvent> batch) override {
    for (auto& event : batch) events.push_back(std::move(event));
  }
  std::vector<hub::ConnectionEvent> events;
};

// A client: its socket, and the key of its session.
struct FakeClient {
  FakeClient(hub::Shard& s, uint32_t i) : shard(s), index(i), socket(s.dirty()) {}
  hub::Shard& shard;
  uint32_t index;
  FakeSocket socket;
  hub::SessionKey key;
};

class HubWorld {
 public:
  // With a presence of its own, unless one is given, which outlives this.
  explicit HubWorld(size_t shards = 1, hub::ShardOptions options = {},
                    storage::Presence* given = nullptr)
      : set(options.node, elsewhere) {
    for (uint32_t i = 0; i < shards; ++i) {
      parts_.push_back(std::make_unique<Part>());
      Part& part = *parts_.back();
      hub::ShardPorts ports{set,       part.executor, given ? *given : presence, events, tokens,
                            publisher, encodings};
      part.shard = std::make_unique<hub::Shard>(i, options, ports, part.probe);
      set.Add(*part.shard, part.executor);
    }
  }

  hub::Shard& shard(size_t i = 0) { return *parts_[i]->shard; }
  hub::ShardProbe& probe(size_t i = 0) { return parts_[i]->probe; }

  // Runs everything that was posted, until nothing is left.
  void Run() {
    bool ran = true;
    while (ran) {
      for (auto& part : parts_) part->shard->EndTurn();
      ran = home.RunAll(now) > 0;
      for (auto& part : parts_) ran |= part->executor.RunAll(now) > 0;
    }
  }

  // The same, but the node's own thread stands still.
  void RunShards() {
    for (bool ran = true; ran;) {
      ran = false;
      for (auto& part : parts_) ran |= part->executor.RunAll(now) > 0;
    }
  }

  // Runs one task of a shard, if there is one.
  bool RunOne(uint32_t index) { return parts_[index]->executor.RunOne(now); }

  // In steps, as a loop would see it.
  void Pass(absl::Duration time) {
    for (Now end = now + time; now < end;) {
      now = std::min(end, now + absl::Milliseconds(500));
      for (auto& part : parts_) part->shard->Tick(now);
      Run();
    }
  }

  // Connects, and waits until it is open or closed.
  std::unique_ptr<FakeClient> Connect(std::string space, std::string id = "", uint32_t index = 0) {
    auto client = Arrive(std::move(space), std::move(id), index);
    Run();
    return client;
  }
  std::unique_ptr<FakeClient> Arrive(std::string space, std::string id, uint32_t index = 0) {
    hub::Upgrade upgrade{"/" + space, "192.0.2.1:5", {{"cookie", "c=1"}}};
    return Arrive(std::move(space), std::move(id), std::move(upgrade), index);
  }
  std::unique_ptr<FakeClient> Arrive(std::string space, std::string id, hub::Upgrade upgrade,
                                     uint32_t index = 0) {
    auto client = std::make_unique<FakeClient>(shard(index), index);
    client->key = shard(index).Open({space, std::move(id), &dialect, std::move(upgrade)},
                                    client->socket, now);
    return client;
  }

  // Says something and returns what came back at once.
  std::vector<std::string> Say(FakeClient& client, std::string_view text) {
    client.shard.Receive(client.key, text, false, now);
    return client.socket.Take();
  }

  // The socket is gone.
  void Vanish(FakeClient& client) {
    client.shard.Closed(client.key, {hub::kVanishedCode, ""}, now);
    Run();
  }

  // Registers on every shard.
  void Register(const hub::Registration& registration) {
    for (auto& part : parts_) {
      MustBeOk(part->shard->workers().Register(registration, now));
      part->shard->workers().OnCredit(now);
    }
  }
  hub::SharedOffer Offer(std::shared_ptr<FakeWorker> link, std::string method,
                         hub::Role role = hub::Role::kMethod) {
    auto offer = std::make_shared<hub::Offer>();
    offer->worker = reinterpret_cast<uintptr_t>(link.get());
    offer->worker_name = "w";
    offer->link = std::move(link);
    offer->role = role;
    offer->method = std::move(method);
    return offer;
  }
  // A worker that serves one method in a namespace.
  std::shared_ptr<FakeWorker> Serve(std::string space, std::string method, int64_t credit = 10) {
    auto link = std::make_shared<FakeWorker>(credit);
    Register({std::move(space), {Offer(link, std::move(method))}, {}});
    return link;
  }
  std::shared_ptr<FakeWorker> ServeGuard(std::string space, hub::GuardAction action,
                                         int64_t credit = 10) {
    auto link = std::make_shared<FakeWorker>(credit);
    auto offer = std::make_shared<hub::Offer>();
    offer->worker = IdOf(link);
    offer->link = link;
    offer->role = hub::Role::kGuard;
    offer->action = action;
    hub::ContextSpec spec;
    spec.user = true;
    offer->context = std::make_shared<const hub::ContextSpec>(std::move(spec));
    Register({std::move(space), {std::move(offer)}, {}});
    return link;
  }
  std::shared_ptr<FakeWorker> ServeRole(std::string space, hub::Role role, int64_t credit = 10) {
    auto link = std::make_shared<FakeWorker>(credit);
    Register({std::move(space), {Offer(link, "", role)}, {}});
    return link;
  }
  static hub::WorkerId IdOf(const std::shared_ptr<FakeWorker>& link) {
    return reinterpret_cast<uintptr_t>(link.get());
  }

  // Its stream ends; the youngest `unsent` of what it has were never written.
  void Kill(FakeWorker& worker, size_t unsent = 0) {
    worker.Go();
    for (uint32_t i = 0; i < parts_.size(); ++i) {
      parts_[i]->shard->workers().Lose(reinterpret_cast<uintptr_t>(&worker),
                                       worker.LostOf(i, unsent), now);
    }
    Run();
  }

  // Answers the oldest invocation.
  void Reply(FakeWorker& worker, hub::WorkerResult result) {
    auto next = worker.Next();
    shard(next.call.shard()).workers().Complete(next.call, std::move(result), now);
    Run();
  }

  static void MustBeOk(const absl::Status& status) {
    if (!status.ok()) std::abort();
  }

  Now now{Instant(absl::Hours(1)), absl::FromUnixSeconds(1'700'000'000)};
  storage::MemoryPresence presence;
  FakeTokens tokens;
  KeptPublications tap;
  metrics::SharedCounter encodings;
  FakeElsewhere elsewhere;
  hub::ShardSet set;
  hub::Publisher publisher{set, tap};
  KeptEvents events;
  FakeDialect dialect;
  ManualExecutor home;

 private:
  struct Part {
    ManualExecutor executor;
    hub::ShardProbe probe;
    std::unique_ptr<hub::Shard> shard;
  };
  std::vector<std::unique_ptr<Part>> parts_;
};

}  // namespace sluice::fakes
