// SPDX-License-Identifier: Apache-2.0
//
// A node among others: ids that go from node to node, and what is said on all of them.
#include "gateway/hub/elsewhere.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "gateway/hub/event_buffer.h"
#include "gateway/hub/event_log.h"
#include "gateway/hub/views.h"
#include "tests/fakes/hub_world.h"

namespace sluice::hub {
namespace {

using fakes::FakeClient;
using fakes::HubWorld;
using testing::ElementsAre;
using testing::IsEmpty;
using Type = ConnectionEvent::Type;

ShardOptions With(storage::ClaimPolicy policy) {
  ShardOptions options;
  options.policy.arrival.id_policy = policy;
  return options;
}

struct World : HubWorld {
  explicit World(storage::ClaimPolicy policy, size_t shards = 2) : HubWorld(shards, With(policy)) {
    dialect.open = true;
  }
  // An id that a session of another node holds.
  storage::PresenceRecord HoldElsewhere(const std::string& id) {
    storage::PresenceRecord record{{"chat", id}, "", "other", 7, now.date, ""};
    presence.TryClaim(record, storage::ClaimPolicy::kReject, home, [](auto, Now) {});
    Run();
    return record;
  }
  std::vector<Type> Types() const {
    std::vector<Type> types;
    for (const ConnectionEvent& event : events.events) types.push_back(event.type);
    return types;
  }
  std::vector<std::string> ChannelsOf(const std::string& id, uint32_t index) {
    Selector selector{.space = "chat", .connections = {id}};
    return shard(index).views().List(selector, "", 1).at(0).channels;
  }
};

// --- Ids -----------------------------------------------------------------------------------------

TEST(Elsewhere, ATakeoverWaitsForWhatTheOtherNodeHandsOver) {
  World world(storage::ClaimPolicy::kTakeover);
  world.HoldElsewhere("a");
  auto client = world.Connect("chat", "a", 1);
  ASSERT_EQ(world.elsewhere.displaced.size(), 1);
  EXPECT_EQ(world.elsewhere.displaced[0].node, "other");
  EXPECT_EQ(world.elsewhere.displaced[0].session, 7);
  EXPECT_THAT(world.Types(), IsEmpty());
  Estate estate{.owed = true, .authenticated = false, .user = "", .frame = {}, .places = {}};
  estate.places.push_back({"news", Entry::kBackend});
  std::move(world.elsewhere.heirs[0])(std::move(estate));
  world.Run();
  EXPECT_THAT(world.Types(), ElementsAre(Type::kTakenOver));
  EXPECT_THAT(world.ChannelsOf("a", 1), ElementsAre("news"));
}

TEST(Elsewhere, ANodeThatIsSilentLeavesNothing) {
  World world(storage::ClaimPolicy::kTakeover);
  world.HoldElsewhere("a");
  auto client = world.Connect("chat", "a");
  std::move(world.elsewhere.heirs.at(0))({});
  world.Run();
  EXPECT_THAT(world.Types(), ElementsAre(Type::kOpened));
}

TEST(Elsewhere, WhoIsDisplacedByAnotherNodeHandsOverWhatItHas) {
  World world(storage::ClaimPolicy::kTakeover);
  auto client = world.Connect("chat", "a", 1);
  world.Say(*client, "sub 1 news");
  Estate got;
  world.set.DisplaceHere({{"chat", "a"}, "", "local", client->key.value, world.now.date, ""},
                         [&](Estate estate) { got = std::move(estate); });
  world.Run();
  EXPECT_TRUE(client->socket.closed());
  EXPECT_TRUE(got.owed);
  ASSERT_EQ(got.places.size(), 1);
  EXPECT_EQ(got.places[0].channel, "news");
  world.Vanish(*client);
  EXPECT_THAT(world.Types(), ElementsAre(Type::kOpened, Type::kJoined))
      << "the other node tells how it goes on";
}

// What another life of this node has left in presence may bear the number of a session of this one.
TEST(Elsewhere, ARecordOfAnotherLifeDisplacesNobody) {
  World world(storage::ClaimPolicy::kTakeover);
  auto client = world.Connect("chat", "a");
  int heirs = 0;
  auto displace = [&](std::string id, uint64_t session) {
    world.set.DisplaceHere({{"chat", std::move(id)}, "", "local", session, world.now.date, ""},
                           [&](Estate estate) {
                             EXPECT_FALSE(estate.owed);
                             ++heirs;
                           });
    world.Run();
  };
  displace("b", client->key.value);
  displace("a", client->key.value + 1);
  displace("a", Key::Make(200, 1, 1).value);
  EXPECT_EQ(heirs, 3);
  EXPECT_FALSE(client->socket.closed());
}

TEST(Elsewhere, AHolderOfAnotherNodeIsAskedWhetherItLives) {
  World world(storage::ClaimPolicy::kReject);
  const storage::PresenceRecord holder = world.HoldElsewhere("a");
  auto refused = world.Connect("chat", "a");
  ASSERT_EQ(world.elsewhere.judges.size(), 1);
  std::move(world.elsewhere.judges[0])(/*lives=*/true);
  world.Run();
  ASSERT_TRUE(refused->socket.closed());
  EXPECT_EQ(refused->socket.closed()->code, 4409);

  auto client = world.Connect("chat", "a");
  world.presence.Release(holder.key, holder.node, holder.session);
  std::move(world.elsewhere.judges.at(1))(/*lives=*/false);
  world.Run();
  EXPECT_FALSE(client->socket.closed());
  EXPECT_EQ(world.events.events.back().type, Type::kOpened);
}

TEST(Elsewhere, AHolderOfThisNodeIsPingedForAnotherNode) {
  World world(storage::ClaimPolicy::kReject);
  auto client = world.Connect("chat", "a");
  client->socket.Take();
  std::vector<bool> judged;
  world.set.ProbeHere({{"chat", "a"}, "", "local", client->key.value, world.now.date, ""},
                      [&](bool lives) { judged.push_back(lives); });
  world.Run();
  EXPECT_THAT(client->socket.Take(), ElementsAre("<ping>"));
  world.shard().Alive(client->key, world.now);
  EXPECT_THAT(judged, ElementsAre(true));
}

// --- What is said --------------------------------------------------------------------------------

TEST(Elsewhere, HearsWhatAClientPublishesOnce) {
  World world(storage::ClaimPolicy::kReject);
  auto client = world.Connect("chat", "a", 0);
  auto other = world.Connect("chat", "b", 1);
  world.Say(*client, "sub 1 news");
  world.Say(*other, "sub 1 news");
  world.Say(*client, "pub 2 news 5");
  world.Run();
  ASSERT_EQ(world.elsewhere.said.size(), 1);
  EXPECT_EQ(world.elsewhere.said[0]->space, "chat");
  EXPECT_EQ(world.elsewhere.said[0]->message->event(), "news");
  client->socket.Take();
  other->socket.Take();

  // And the other way: to every shard, to those who listen, and not out again.
  const size_t told = world.tap.publications.size();
  world.publisher.FromElsewhere(world.elsewhere.said[0]);
  world.Run();
  EXPECT_THAT(client->socket.Take(), ElementsAre("pub news 5"));
  EXPECT_THAT(other->socket.Take(), ElementsAre("pub news 5"));
  EXPECT_EQ(world.tap.publications.size(), told + 1);
  EXPECT_EQ(world.elsewhere.said.size(), 1);
}

TEST(Elsewhere, WhatABackendPublishesIsAskedOfEachNode) {
  World world(storage::ClaimPolicy::kReject);
  auto message = std::make_shared<Message>("news", Payload::Json("1"), world.encodings);
  world.publisher.FromBackend(
      std::make_shared<const Saying>(Saying{.space = "chat", .message = std::move(message)}),
      [](std::vector<Outcome>, Now) {});
  world.Run();
  EXPECT_THAT(world.elsewhere.said, IsEmpty());
}

TEST(Elsewhere, NobodyOpensBeforeItsNamespaceIsHeard) {
  World world(storage::ClaimPolicy::kReject);
  world.elsewhere.hears_at_once = false;
  auto first = world.Connect("chat", "a");
  auto second = world.Connect("chat", "b");
  auto gone = world.Connect("chat", "c");
  world.Vanish(*gone);
  EXPECT_THAT(world.elsewhere.heard, ElementsAre("chat"));
  EXPECT_THAT(world.Types(), ElementsAre(Type::kAborted));
  world.shard().Heard("elsewhere");
  world.shard().Heard("chat");
  world.Run();
  EXPECT_THAT(world.Types(), ElementsAre(Type::kAborted, Type::kOpened, Type::kOpened));
  auto third = world.Connect("chat", "d");
  EXPECT_EQ(world.events.events.back().connection, "d");
  for (auto* client : {&first, &second, &third}) world.Vanish(**client);
  EXPECT_THAT(world.elsewhere.unheard, ElementsAre("chat"));
}

}  // namespace
}  // namespace sluice::hub
