// SPDX-License-Identifier: Apache-2.0
//
// The whole hub under a random but repeatable life: clients that come, call, batch and vanish,
// workers that answer late, wrongly or never and die, backends that send, ask, join and close, on
// several shards whose tasks run in any order. After every step what must hold is checked; a
// failure prints the seed.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <map>
#include <random>
#include <set>

#include "absl/strings/numbers.h"
#include "gateway/hub/client_verbs.h"
#include "gateway/hub/event_log.h"
#include "gateway/hub/views.h"
#include "gateway/hub/workers.h"
#include "tests/fakes/hub_world.h"

namespace sluice::hub {
namespace {

using fakes::FakeClient;
using fakes::FakeWorker;
using fakes::HubWorld;

struct CountingSink final : AnswerSink {
  void OnAnswer(ClientAnswer) override { ++answers; }
  uint64_t answers = 0;
};

// What a watcher makes of the events: who is open, and in which channels.
class Watching {
 public:
  void See(std::vector<ConnectionEvent> events) {
    for (const ConnectionEvent& event : events) See(event);
    log_.Append(std::move(events));
  }

  // Everybody has left.
  void Finish(uint64_t opened) {
    EXPECT_THAT(open_, testing::IsEmpty());
    for (const auto& [id, channels] : channels_) EXPECT_THAT(channels, testing::IsEmpty()) << id;
    EXPECT_EQ(began_, opened) << "each begins once";
    EXPECT_EQ(ended_, opened) << "and ends once";
    auto all =
        log_.Watch({.space = {}, .types = 1U << static_cast<int>(Type::kNamespaceEmpty)}, 0, [] {});
    EXPECT_EQ(log_.Take(*all, 100000, size_t{1} << 30).events.size(), emptied_);
  }

  const std::set<std::string>& channels(const std::string& id) { return channels_[id]; }

 private:
  using Type = ConnectionEvent::Type;

  void See(const ConnectionEvent& event) {
    const std::string& id = event.connection;
    switch (event.type) {
      case Type::kOpened:
        EXPECT_TRUE(open_.insert(id).second) << id << " opened twice";
        EXPECT_THAT(channels_[id], testing::IsEmpty()) << id;
        ++began_;
        return;
      case Type::kTakenOver:
        EXPECT_TRUE(open_.contains(id)) << id << " was taken over from nobody";
        ++began_;
        ++ended_;
        return;
      case Type::kClosed:
        EXPECT_EQ(open_.erase(id), 1) << id << " closed, but was not open";
        ++ended_;
        emptied_ += open_.empty();
        return;
      case Type::kJoined:
        EXPECT_TRUE(open_.contains(id));
        EXPECT_TRUE(channels_[id].insert(event.channel).second) << id << " joined twice";
        return;
      case Type::kLeft:
        if (event.extras().channels.empty()) EXPECT_EQ(channels_[id].erase(event.channel), 1) << id;
        for (const auto& name : event.extras().channels)
          EXPECT_EQ(channels_[id].erase(name), 1) << id;
        return;
      default:
        return;
    }
  }

  std::set<std::string> open_;
  std::map<std::string, std::set<std::string>> channels_;
  uint64_t began_ = 0;
  uint64_t ended_ = 0;
  uint64_t emptied_ = 0;
  EventLog log_{{.kept = 1000000, .kept_bytes = size_t{1} << 30, .watchers_max = 1}};
};

class Simulation {
 public:
  explicit Simulation(uint32_t seed) : random_(seed), world_(kShards, Options()) {
    world_.dialect.rule.interval = absl::ZeroDuration();
    world_.Register({"chat", {}, {{"x", false}, {"y", true}}});
    world_.dialect.open = true;
  }

  void Run(int steps) {
    for (int i = 0; i < steps; ++i) {
      Step();
      if (Chance(50)) {
        world_.Run();
        watching_.See(std::exchange(world_.events.events, {}));
      }
      Check();
      if (testing::Test::HasFailure()) return;
    }
    Finish();
  }

 private:
  static constexpr uint32_t kShards = 3;

  struct Client {
    std::unique_ptr<FakeClient> fake;
    std::map<std::string, int> asked;  // call id to answers that came
  };

  static ShardOptions Options() {
    ShardOptions options;
    options.policy.arrival.id_policy = storage::ClaimPolicy::kTakeover;
    options.policy.rates.commands_per_second = 0;
    options.policy.delivery.outbox_bytes = 4096;
    options.policy.calls.method_queue = 5;
    options.policy.calls.per_connection = 8;
    return options;
  }

  uint32_t Pick(size_t below) { return random_() % below; }
  bool Chance(uint32_t percent) { return Pick(100) < percent; }
  Client& AnyClient() { return clients_[Pick(clients_.size())]; }

  void Step() {
    switch (Pick(12)) {
      case 0:
      case 1:
        return Connect();
      case 2:
        return Vanish();
      case 3:
      case 4:
      case 5:
        return Say();
      case 6:
        return AddWorker();
      case 7:
        return KillWorker();
      case 8:
      case 9:
        return AnswerSomething();
      case 10:
        return Control();
      case 11:
        return world_.Pass(absl::Milliseconds(Pick(3000)));
    }
  }

  void Connect() {
    if (clients_.size() > 30) return;
    // None is left to the hub, whose ids are random: a seed's life is always the same.
    std::string id =
        Chance(70) ? "id" + std::to_string(Pick(10)) : "own" + std::to_string(next_id_++);
    clients_.push_back({world_.Arrive("chat", id, Pick(kShards)), {}});
  }

  void Vanish() {
    if (clients_.empty()) return;
    size_t index = Pick(clients_.size());
    FakeClient& client = *clients_[index].fake;
    client.shard.Closed(client.key, {1006, ""}, world_.now);
    clients_.erase(clients_.begin() + index);
  }

  void Say() {
    if (clients_.empty()) return;
    Client& client = AnyClient();
    if (!client.fake->shard.Reading(client.fake->key)) return;
    auto call = [&] {
      std::string id = std::to_string(next_call_++);
      client.asked[id] = 0;
      return "call " + id + " m" + std::to_string(Pick(3)) + " 1";
    };
    std::string text;
    if (Chance(10)) {
      text = "sub - x,y";
    } else if (Chance(5)) {
      text = "auth - good:user" + std::to_string(Pick(3));
    } else if (Chance(3)) {
      text = "deauth -";
    } else if (Chance(10)) {
      text = "answer - " + std::to_string(Pick(5)) + " yes";
    } else {
      text = call();
      for (uint32_t more = Chance(20) ? Pick(4) : 0; more > 0; --more) text += "\n" + call();
    }
    client.fake->shard.Receive(client.fake->key, text, false, world_.now);
  }

  void AddWorker() {
    if (workers_.size() > 5) return;
    workers_.push_back(Chance(15)
                           ? world_.ServeGuard("chat", GuardAction::kSubscribe, 1 + Pick(4))
                           : world_.Serve("chat", "m" + std::to_string(Pick(3)), 1 + Pick(4)));
  }

  void KillWorker() {
    if (workers_.empty() || !Chance(40)) return;
    size_t index = Pick(workers_.size());
    FakeWorker& dying = *workers_[index];
    dying.Go();
    const size_t unsent = Pick(dying.invoked.size() + 1);
    for (uint32_t i = 0; i < kShards; ++i) {
      world_.set.Post(i, [id = HubWorld::IdOf(workers_[index]), lost = dying.LostOf(i, unsent)](
                             Shard& shard, Now now) mutable {
        shard.workers().Lose(id, std::move(lost), now);
      });
    }
    graveyard_.push_back(workers_[index]);  // its address is its id: not to be reused
    workers_.erase(workers_.begin() + index);
  }

  void AnswerSomething() {
    if (workers_.empty()) return;
    FakeWorker& worker = *workers_[Pick(workers_.size())];
    if (worker.invoked.empty()) return;
    std::swap(worker.invoked[0], worker.invoked[Pick(worker.invoked.size())]);
    Invocation next = worker.Next();
    CallKey key = next.call;
    WorkerResult result = Payload::Json("1");
    if (next.role == Role::kGuard) result = Verdict{Chance(70), {}, true, {}};
    for (int times = Chance(10) ? 2 : 1; times > 0; --times) {
      world_.set.Post(key.shard(), [key, result](Shard& shard, Now now) {
        shard.workers().Complete(key, WorkerResult(result), now);
        shard.workers().OnCredit(now);
      });
    }
  }

  void Control() {
    uint32_t index = Pick(kShards);
    Shard& shard = world_.shard(index);
    Selector selector{.space = "chat"};
    if (Chance(50)) selector.sample_percent = 1 + Pick(100);
    std::vector<std::string> channels = {Chance(50) ? "x" : "z"};
    Message message("e", Payload::Json(std::string(Pick(200), '1')), encodings_);
    switch (Pick(6)) {
      case 0:
        shard.clients().Send(selector, message, std::nullopt, world_.now);
        return;
      case 1:
        shard.clients().Join(selector, channels, world_.now);
        return;
      case 2:
        shard.clients().Leave(selector, channels, world_.now);
        return;
      case 3:
        if (Chance(20)) shard.clients().Disconnect(selector, {4000, "x"}, false, world_.now);
        return;
      case 4:
        shard.clients().Update(selector, Chance(30) ? "" : "user" + std::to_string(Pick(3)), {},
                               world_.now);
        return;
      case 5:
        asked_ += shard.clients()
                      .Call(selector, {1, absl::Seconds(1), sink_}, "q", {}, world_.now)
                      .enqueued;
        return;
    }
  }

  // What must hold at any time.
  void Check() {
    for (Client& client : clients_) {
      bool was_closed = client.fake->socket.closed().has_value();
      size_t read_every_few_steps = Chance(30) ? 1 : 0;
      if (read_every_few_steps == 0) continue;
      for (const std::string& message : client.fake->socket.Take()) Count(client, message);
      if (was_closed) EXPECT_FALSE(client.fake->shard.Reading(client.fake->key));
    }
    int64_t connections = 0;
    uint64_t counted = 0;
    for (uint32_t i = 0; i < kShards; ++i) {
      connections += world_.probe(i).connections[0].value();
      counted += world_.shard(i).views().Count({.space = "chat"});
      EXPECT_GE(world_.probe(i).calls_in_flight.value(), 0);
      EXPECT_GE(world_.probe(i).calls_waiting.value(), 0);
    }
    EXPECT_EQ(static_cast<uint64_t>(connections), counted);
    for (uint32_t i = 0; i < kShards; ++i) CheckRights(world_.shard(i));
  }

  // Nobody is where only somebody may be; backends put nobody into "y".
  void CheckRights(const Shard& shard) {
    for (const ConnectionView& view : shard.views().List({.space = "chat"}, "", 100)) {
      if (!view.authenticated) EXPECT_THAT(view.channels, testing::Not(testing::Contains("y")));
    }
  }

  // Nothing is answered twice, and nothing that was not asked.
  void Count(Client& client, const std::string& message) {
    for (const std::string& part : std::vector<std::string>(absl::StrSplit(message, '|'))) {
      std::vector<std::string> words = absl::StrSplit(part, ' ');
      if (words[0] != "ok" && words[0] != "err") continue;
      if (words[1] == "-") continue;
      auto asked = client.asked.find(words[1]);
      ASSERT_NE(asked, client.asked.end()) << message;
      EXPECT_EQ(++asked->second, 1) << message;
    }
  }

  // Everybody leaves: nothing may be left behind.
  void Finish() {
    world_.Run();
    world_.Pass(absl::Seconds(60));  // a batch's calls time out one after the other
    for (Client& client : clients_) {
      for (const std::string& message : client.fake->socket.Take()) Count(client, message);
      if (client.fake->socket.closed()) continue;
      for (const auto& [id, answers] : client.asked) EXPECT_EQ(answers, 1) << "call " << id;
    }
    while (!clients_.empty()) Vanish();
    world_.Run();
    EXPECT_EQ(world_.presence.held(), 0);
    EXPECT_EQ(sink_->answers, asked_);
    for (uint32_t i = 0; i < kShards; ++i) {
      EXPECT_EQ(world_.shard(i).sessions(), 0);
      EXPECT_EQ(world_.shard(i).requests(), 0);
      EXPECT_EQ(world_.probe(i).connections[0].value(), 0);
      EXPECT_EQ(world_.probe(i).calls_in_flight.value(), 0);
      EXPECT_EQ(world_.probe(i).calls_waiting.value(), 0);
    }
    uint64_t opened = 0;
    for (uint32_t i = 0; i < kShards; ++i) opened += world_.probe(i).opened[0].value();
    watching_.See(std::exchange(world_.events.events, {}));
    watching_.Finish(opened);
  }

  std::mt19937 random_;
  HubWorld world_;
  std::vector<Client> clients_;
  std::vector<std::shared_ptr<FakeWorker>> workers_;
  std::vector<std::shared_ptr<FakeWorker>> graveyard_;
  std::shared_ptr<CountingSink> sink_ = std::make_shared<CountingSink>();
  metrics::SharedCounter encodings_;
  Watching watching_;
  uint64_t asked_ = 0;
  uint64_t next_call_ = 1;
  uint64_t next_id_ = 1;
};

// Of the environment: a soak lives longer, and other lives.
uint32_t NumberOf(const char* variable, uint32_t otherwise) {
  const char* text = std::getenv(variable);
  uint32_t number = 0;
  return text != nullptr && absl::SimpleAtoi(text, &number) ? number : otherwise;
}

TEST(SimulationTest, HoldsItsPromisesUnderAnySeed) {
  const uint32_t first = NumberOf("SLUICE_SIMULATION_FIRST", 1);
  const uint32_t lives = NumberOf("SLUICE_SIMULATION_LIVES", 60);
  for (uint32_t seed = first; seed - first < lives; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Simulation(seed).Run(1500);
    if (HasFailure()) return;
  }
}

}  // namespace
}  // namespace sluice::hub
