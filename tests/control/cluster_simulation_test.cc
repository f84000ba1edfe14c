// SPDX-License-Identifier: Apache-2.0
//
// Several nodes under a random but repeatable life: clients that come with the same ids, take over
// from one another across nodes, join, publish and vanish; messages between nodes that overtake one
// another; nodes that are cut off from presence and from the others, that die, are taken for dead
// though they live, and come anew; a store that forgets. Whenever everything has come to rest, what
// must hold is checked; a failure prints the seed.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <map>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "tests/control/cluster_world.h"
#include "tests/fakes/rough_bus.h"
#include "tests/fakes/rough_presence.h"

namespace sluice::control {
namespace {

using fakes::FakeClient;
using fakes::RoughBroker;
using fakes::RoughBus;
using fakes::RoughPresence;
using fakes::RoughStore;
using hub::ConnectionEvent;
using testing::IsEmpty;

constexpr uint32_t kNodes = 3;
constexpr uint32_t kShards = 2;

// One life of a node.
struct SimNode {
  SimNode(RoughBus& bus, RoughStore& store, const hub::ShardOptions& options, const Limits& limits)
      : name(options.node),
        broker(bus, name),
        presence(store, name),
        hub(broker, options, kShards, limits, &presence) {
    hub.world.dialect.open = true;
    hub.world.dialect.rule.interval = absl::ZeroDuration();
  }

  const std::string name;
  RoughBroker broker;
  RoughPresence presence;
  HubNode hub;
  bool cut = false;
  bool dead = false;
};

struct Client {
  SimNode* node;
  std::unique_ptr<FakeClient> fake;
  std::string id;
  uint64_t said = 0;                        // publications
  std::map<std::string, uint64_t> heard{};  // by publisher: the last of its
};

// What somebody makes of the events of all nodes, in the order in which they happened.
class Watching {
 public:
  // `faults`: what others know of a session may be lost on the way, what a dead node knew is, and
  // for a while two may have one id.
  explicit Watching(bool faults) : faults_(faults) {}

  void See(const ConnectionEvent& event) {
    using Type = ConnectionEvent::Type;
    const std::string& id = event.connection;
    switch (event.type) {
      case Type::kOpened:
        if (open_.contains(id)) Vanish(id);
        open_.emplace(id, Channels());
        return;
      case Type::kTakenOver:
        if (!open_.contains(id)) Excuse(id, "was taken over from nobody");
        open_.try_emplace(id);
        return;
      case Type::kClosed:
        if (open_.contains(id)) {
          closing_[id] = std::move(open_[id]);
          open_.erase(id);
        } else {
          Excuse(id, "closed, but was not open");
        }
        return;
      case Type::kJoined:
        if (!open_[id].insert(event.channel).second) Excuse(id, "joined twice");
        return;
      case Type::kLeft:
        if (event.extras().channels.empty()) Leave(id, event.channel);
        for (const std::string& channel : event.extras().channels) Leave(id, channel);
        return;
      default:
        return;
    }
  }

  // Everybody has left.
  void Finish() {
    if (faults_) return;
    EXPECT_THAT(open_, IsEmpty());
    for (const auto& [id, channels] : closing_) EXPECT_THAT(channels, IsEmpty()) << id;
  }

 private:
  using Channels = std::set<std::string>;

  void Leave(const std::string& id, const std::string& channel) {
    const bool left =
        closing_[id].erase(channel) + (open_.contains(id) ? open_[id].erase(channel) : 0) > 0;
    if (!left) Excuse(id, "left what it was not in: " + channel);
  }
  void Vanish(const std::string& id) {
    Excuse(id, "opened twice");
    open_.erase(id);
  }
  void Excuse(const std::string& id, const std::string& what) const {
    EXPECT_TRUE(faults_) << id << " " << what;
  }

  const bool faults_;
  std::map<std::string, Channels> open_;
  std::map<std::string, Channels> closing_;  // what is to be told of as left yet
};

class Simulation {
 public:
  explicit Simulation(uint32_t seed) : random_(seed), faults_(Chance(70)), watching_(faults_) {
    using storage::ClaimPolicy;
    constexpr ClaimPolicy kPolicies[] = {ClaimPolicy::kTakeover, ClaimPolicy::kReject,
                                         ClaimPolicy::kSameUser};
    options_.policy.arrival.id_policy = kPolicies[Pick(3)];
    options_.policy.arrival.unclaimed = Chance(50);
    options_.policy.rates.commands_per_second = 0;
    if (!faults_) limits_.cluster_timeout = absl::Hours(1);  // nobody is too slow, either
    for (uint32_t i = 0; i < kNodes; ++i) Begin();
    Pass(absl::ZeroDuration());
  }

  void Run(int steps) {
    for (int i = 1; i <= steps && !testing::Test::HasFailure(); ++i) {
      Step();
      if (i % 400 == 0) Rest();
    }
    if (!testing::Test::HasFailure()) Finish();
  }

 private:
  uint32_t Pick(size_t below) { return random_() % below; }
  bool Chance(uint32_t percent) { return Pick(100) < percent; }
  SimNode& AnyNode() { return *nodes_[Pick(nodes_.size())]; }

  // --- What happens ------------------------------------------------------------------------------

  void Step() {
    switch (Pick(20)) {
      case 0:
      case 1:
        return Connect();
      case 2:
        if (!clients_.empty()) Vanish(Pick(clients_.size()));
        return;
      case 3:
      case 4:
      case 5:
        return Say();
      case 6:
        return Pass(absl::Milliseconds(Pick(Chance(10) ? 5000 : 200)));
      case 7:
        if (faults_ && Chance(10)) Fault();
        return;
      default:
        for (uint32_t i = Pick(20); i > 0; --i) Move();
        return;
    }
  }

  void Connect() {
    if (clients_.size() > 25) return;
    SimNode& node = AnyNode();
    const std::string id = absl::StrCat("id", Pick(6));
    const uint32_t shard = Pick(kShards);
    clients_.push_back({&node, node.hub.world.Arrive("chat", id, shard), id});
  }

  // Its socket is gone.
  void Vanish(size_t index) {
    Client client = std::move(clients_[index]);
    clients_.erase(clients_.begin() + static_cast<ptrdiff_t>(index));
    FakeClient& fake = *client.fake;
    Hear(client);
    fake.shard.Closed(fake.key, {hub::kVanishedCode, ""}, now_);
    gone_.push_back(std::move(client.fake));
    Harvest();
  }

  void Say() {
    if (clients_.empty()) return;
    Client& client = clients_[Pick(clients_.size())];
    FakeClient& fake = *client.fake;
    Hear(client);
    if (!fake.shard.Reading(fake.key)) return;
    std::string text;
    const std::string channel = Chance(50) ? "x" : "y";
    switch (Pick(6)) {
      case 0:
      case 1:
        text = "sub - " + channel;
        break;
      case 2:
        text = "unsub - " + channel;
        break;
      case 3:
      case 4:
        text = absl::StrCat("pub - ", channel, " ", SerialOf(client), ":", ++client.said);
        break;
      case 5:
        text = absl::StrCat("auth - good:user", Pick(2));
        break;
    }
    fake.shard.Receive(fake.key, text, false, now_);
    Harvest();
  }

  // What one publisher says arrives in its order; whoever is pinged says that it lives, or not.
  void Hear(Client& client) {
    for (const std::string& message : client.fake->socket.Take()) {
      if (message == "<ping>" && Chance(80)) client.fake->shard.Alive(client.fake->key, now_);
      const std::vector<std::string> words = absl::StrSplit(message, ' ');
      if (words[0] != "pub") continue;
      const std::pair<std::string, std::string> said = absl::StrSplit(words[2], ':');
      uint64_t number = 0;
      ASSERT_TRUE(absl::SimpleAtoi(said.second, &number)) << message;
      EXPECT_LT(std::exchange(client.heard[said.first + words[1]], number), number) << message;
    }
  }
  static std::string SerialOf(const Client& client) {
    return absl::StrCat(client.node->name, "/", client.fake->key.value);
  }

  // One task of one thread runs, or one message arrives. False: nothing was to be done there.
  bool Move() {
    SimNode& node = AnyNode();
    fakes::HubWorld& world = node.hub.world;
    const uint32_t what = Pick(kShards + 3);
    bool moved = false;
    if (what < kShards) {
      moved = world.RunOne(what);
      world.shard(what).EndTurn();
    } else if (what == kShards) {
      moved = world.home.RunOne(now_);
    } else if (what == kShards + 1) {
      moved = node.presence.Step();
    } else {
      moved = bus_.Deliver();
    }
    Harvest();
    return moved;
  }

  void Pass(absl::Duration time) {
    now_ += time;
    bus_.Tick(now_);
    store_.Tick(now_);
    for (auto& node : nodes_) {
      node->hub.world.now = now_;
      for (uint32_t i = 0; i < kShards; ++i) node->hub.world.shard(i).Tick(now_);
    }
    Harvest();
  }

  void Harvest() {
    for (auto& node : nodes_) {
      for (auto& event : std::exchange(node->hub.world.events.events, {})) watching_.See(event);
    }
  }

  // --- What goes wrong ---------------------------------------------------------------------------

  void Fault() {
    SimNode& node = AnyNode();
    switch (Pick(6)) {
      case 0:
      case 1:
        return Cut(node);
      case 2:
        return Mend(node);
      case 3:
        return Die(node);
      case 4:
        return store_.Forget();
      case 5:
        // Its lease has ended, though it lives; it notices when it is back.
        Cut(node);
        return store_.Bury(node.name);
    }
  }

  void Cut(SimNode& node) {
    node.cut = true;
    node.presence.Cut(/*ghosts=*/Chance(30));
    bus_.Cut(node.name);
  }

  void Mend(SimNode& node) {
    if (!std::exchange(node.cut, false)) return;
    node.presence.Mend();
    bus_.Mend(node.name);
  }

  // Its place is taken by a new one.
  void Die(SimNode& node) {
    Harvest();
    node.presence.Die();
    bus_.Die(node.name);
    for (size_t i = clients_.size(); i-- > 0;) {
      if (clients_[i].node != &node) continue;
      gone_.push_back(std::move(clients_[i].fake));
      clients_.erase(clients_.begin() + static_cast<ptrdiff_t>(i));
    }
    unburied_.push_back(node.name);
    for (auto& place : nodes_) {
      if (place.get() == &node) {
        dead_.push_back(std::exchange(place, nullptr));
        place = Make();
      }
    }
    if (Chance(50)) BuryAll();
  }

  void BuryAll() {
    for (const std::string& name : std::exchange(unburied_, {})) {
      store_.Bury(name);
      bus_.TellGone(name);
    }
  }

  std::unique_ptr<SimNode> Make() {
    options_.node = absl::StrCat("n", ++lives_);
    auto node = std::make_unique<SimNode>(bus_, store_, options_, limits_);
    node->hub.world.now = now_;
    return node;
  }
  void Begin() { nodes_.push_back(Make()); }

  // --- What must hold ----------------------------------------------------------------------------

  // Nothing is under way any more.
  void Rest() {
    BuryAll();
    for (auto& node : nodes_) Mend(*node);
    for (int i = 0; i < 150; ++i) {  // in steps: what times out asks for something else
      Settle();
      for (size_t c = clients_.size(); c-- > 0;) {
        Hear(clients_[c]);
        if (clients_[c].fake->socket.closed()) Vanish(c);
      }
      Pass(absl::Milliseconds(200));
    }
    Settle();
    Check();
  }
  void Settle() {
    for (int idle = 0; idle < 200; idle = Move() ? 0 : idle + 1) {
    }
  }

  // Each open connection has its id in presence, and nobody else is there: so no id is held twice.
  void Check() {
    std::map<std::string, std::string> open;
    for (const Client& client : clients_) {
      EXPECT_TRUE(client.fake->shard.Reading(client.fake->key)) << "still on its way in";
      const bool first = open.emplace(client.id, SerialOf(client)).second;
      EXPECT_TRUE(first) << client.id << " is held by " << SerialOf(client) << " and by "
                         << open[client.id];
    }
    std::map<std::string, std::string> recorded;
    for (const auto& [name, record] : store_.records()) {
      recorded[name.second] = absl::StrCat(record.node, "/", record.session);
    }
    EXPECT_EQ(open, recorded);
    size_t sessions = 0;
    for (auto& node : nodes_) {
      for (uint32_t i = 0; i < kShards; ++i) sessions += node->hub.world.shard(i).sessions();
    }
    EXPECT_EQ(sessions, clients_.size());
    EXPECT_EQ(bus_.asks(), 0);
  }

  // Everybody leaves: nothing may be left behind.
  void Finish() {
    Rest();
    while (!clients_.empty()) Vanish(0);
    Rest();
    EXPECT_THAT(store_.records(), IsEmpty());
    EXPECT_EQ(bus_.hearers(), 0);
    for (auto& node : nodes_) {
      for (uint32_t i = 0; i < kShards; ++i) {
        EXPECT_EQ(node->hub.world.shard(i).requests(), 0);
        EXPECT_EQ(node->hub.world.probe(i).connections[0].value(), 0);
      }
    }
    watching_.Finish();
  }

  std::mt19937 random_;
  const bool faults_;
  Now now_{Instant(absl::Hours(1)), absl::FromUnixSeconds(1'700'000'000)};
  hub::ShardOptions options_;
  Limits limits_;
  RoughBus bus_{random_};
  RoughStore store_;
  int lives_ = 0;
  std::vector<std::unique_ptr<SimNode>> nodes_, dead_;
  std::vector<std::string> unburied_;  // dead nodes that others take to live
  std::vector<Client> clients_;
  std::vector<std::unique_ptr<FakeClient>> gone_;  // what is under way may still name them
  Watching watching_;
};

// Of the environment: a soak lives longer, and other lives.
uint32_t NumberOf(const char* variable, uint32_t otherwise) {
  const char* text = std::getenv(variable);
  uint32_t number = 0;
  return text != nullptr && absl::SimpleAtoi(text, &number) ? number : otherwise;
}

TEST(ClusterSimulationTest, HoldsItsPromisesUnderAnySeed) {
  const uint32_t first = NumberOf("SLUICE_SIMULATION_FIRST", 1);
  const uint32_t lives = NumberOf("SLUICE_SIMULATION_LIVES", 60);
  for (uint32_t seed = first; seed - first < lives; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Simulation(seed).Run(4000);
    if (HasFailure()) return;
  }
}

}  // namespace
}  // namespace sluice::control
