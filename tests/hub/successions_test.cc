// SPDX-License-Identifier: Apache-2.0
//
// Ids that go from one connection to the next, and what is told of it: each connection begins once
// and ends once, whoever leaves at which moment.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "gateway/hub/client_verbs.h"
#include "gateway/hub/event_log.h"
#include "gateway/hub/successions.h"
#include "gateway/hub/views.h"
#include "tests/fakes/hub_world.h"

namespace sluice::hub {
namespace {

using fakes::FakeClient;
using fakes::HubWorld;
using testing::ElementsAre;
using testing::IsEmpty;
using Type = ConnectionEvent::Type;

ShardOptions Options() {
  ShardOptions options;
  options.policy.arrival.id_policy = storage::ClaimPolicy::kTakeover;
  return options;
}

struct World : HubWorld {
  explicit World(size_t shards) : HubWorld(shards, Options()) {
    dialect.rule.interval = absl::ZeroDuration();
  }
  std::vector<Type> Types() {
    std::vector<Type> types;
    for (const ConnectionEvent& event : events.events) types.push_back(event.type);
    return types;
  }
};

void Leave(World& world, FakeClient& client) {
  client.shard.Closed(client.key, {1006, ""}, world.now);
}

// --- Takeovers -----------------------------------------------------------------------------------

TEST(Successions, FromAHolderWhoLeavesFirstAreAnEndAndABeginning) {
  World world(2);
  auto older = world.Connect("chat", "same", 0);
  auto newer = world.Arrive("chat", "same", 1);
  world.RunOne(1);  // it has the claim, and the holder is to be displaced
  Leave(world, *older);
  world.Run();
  EXPECT_THAT(world.Types(), ElementsAre(Type::kOpened, Type::kClosed, Type::kOpened));
  world.Vanish(*newer);
  EXPECT_THAT(world.Types(),
              ElementsAre(Type::kOpened, Type::kClosed, Type::kOpened, Type::kClosed));
  EXPECT_EQ(world.presence.held(), 0);
}

TEST(Successions, ToAnHeirWhoLeavesFirstEndTheOlder) {
  World world(2);
  auto older = world.Connect("chat", "same", 0);
  auto newer = world.Arrive("chat", "same", 1);
  world.RunOne(1);
  Leave(world, *newer);
  world.Run();
  EXPECT_THAT(world.Types(), ElementsAre(Type::kOpened, Type::kAborted, Type::kClosed));
  EXPECT_EQ(world.events.events.back().code, 4410);
  EXPECT_EQ(world.presence.held(), 0);
}

TEST(Successions, OfWhichBothLeaveEndOnce) {
  World world(2);
  auto older = world.Connect("chat", "same", 0);
  auto newer = world.Arrive("chat", "same", 1);
  world.RunOne(1);
  Leave(world, *newer);
  Leave(world, *older);
  world.Run();
  EXPECT_THAT(world.Types(),
              testing::UnorderedElementsAre(Type::kOpened, Type::kAborted, Type::kClosed));
  EXPECT_EQ(world.presence.held(), 0);
}

// Three that want one id at once: whoever is displaced before it came into anything passes it on.
TEST(Successions, AreForwardedToTheHeirsHeir) {
  World world(3);
  auto oldest = world.Connect("chat", "same", 0);
  std::vector<std::string> channels = {"x"};
  world.shard(0).clients().Join({.space = "chat"}, channels, world.now);
  auto middle = world.Arrive("chat", "same", 1);
  world.RunOne(1);
  auto newest = world.Arrive("chat", "same", 2);
  world.RunOne(2);
  world.RunOne(1);  // the middle one is displaced before the oldest
  EXPECT_TRUE(middle->socket.closed());
  EXPECT_FALSE(oldest->socket.closed());
  world.Run();
  EXPECT_TRUE(oldest->socket.closed());
  EXPECT_THAT(world.shard(2).views().List({.space = "chat"}, "", 1)[0].channels, ElementsAre("x"));
  EXPECT_THAT(world.Types(), testing::UnorderedElementsAre(Type::kOpened, Type::kJoined,
                                                           Type::kRefused, Type::kTakenOver));
  EXPECT_EQ(world.events.events.back().type, Type::kTakenOver);
  world.Vanish(*middle);
  world.Vanish(*oldest);
  world.Vanish(*newest);
  EXPECT_EQ(world.presence.held(), 0);
}

TEST(Successions, OfAnIdThatWasGivenBackAreToldBehindItsEnd) {
  World world(2);
  auto older = world.Connect("chat", "same", 0);
  Leave(world, *older);
  auto newer = world.Arrive("chat", "same", 1);
  world.RunOne(1);
  world.shard(1).EndTurn();
  world.Run();
  EXPECT_THAT(world.Types(), ElementsAre(Type::kOpened, Type::kClosed, Type::kOpened));
}

// --- What a close leaves -------------------------------------------------------------------------

TEST(Closes, AreToldAndThenWhatWasLeft) {
  World world(1);
  auto client = world.Connect("chat", "a");
  std::vector<std::string> channels;
  for (int i = 0; i < 100; ++i) channels.push_back("c" + std::to_string(i));
  world.shard().clients().Join({.space = "chat"}, channels, world.now);
  world.Run();
  world.events.events.clear();
  world.Vanish(*client);
  ASSERT_THAT(world.Types(), ElementsAre(Type::kClosed, Type::kLeft, Type::kLeft));
  std::vector<std::string> left = world.events.events[1].extras().channels;
  EXPECT_EQ(left.size(), ConnectionEvent::kLeftMax);
  const auto& rest = world.events.events[2].extras().channels;
  left.insert(left.end(), rest.begin(), rest.end());
  EXPECT_EQ(left, channels);
}

TEST(Closes, OfTheLastAreToldBeforeTheEndOfItsNamespace) {
  World world(1);
  EventLog log({});
  auto client = world.Connect("chat", "a");
  std::vector<std::string> channels = {"x"};
  world.shard().clients().Join({.space = "chat"}, channels, world.now);
  world.Vanish(*client);
  auto watcher = log.Watch({}, 0, [] {});
  log.Append(world.events.events);
  std::vector<Type> types;
  for (const auto& event : log.Take(*watcher, 10, 100000).events) types.push_back(event->type);
  EXPECT_THAT(types, ElementsAre(Type::kOpened, Type::kJoined, Type::kClosed, Type::kLeft,
                                 Type::kNamespaceEmpty));
}

// What another life of the node has left in presence may name a shard that there is not.
TEST(Successions, TakeOverWhatNobodyHoldsAnyMore) {
  ShardOptions options;
  options.policy.arrival.id_policy = storage::ClaimPolicy::kTakeover;
  HubWorld world(1, options);
  storage::PresenceRecord left{{"chat", "a"}, "", "local", Key::Make(200, 1, 1).value, {}, ""};
  world.presence.TryClaim(left, storage::ClaimPolicy::kReject, world.home, [](auto, Now) {});
  world.Run();
  auto client = world.Connect("chat", "a");
  EXPECT_FALSE(client->socket.closed());
  EXPECT_EQ(world.shard().views().Count({.space = "chat"}), 1);
}

}  // namespace
}  // namespace sluice::hub
