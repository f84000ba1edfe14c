// SPDX-License-Identifier: Apache-2.0
//
// The hubs of several nodes: what they say to one another really arrives.
#include "control/elsewhere.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "control/sayings.h"
#include "tests/control/cluster_world.h"

namespace sluice::control {
namespace {

using fakes::FakeClient;
using hub::Estate;
using testing::ElementsAre;
using testing::IsEmpty;

class ElsewhereTest : public testing::Test {
 public:
  std::unique_ptr<FakeClient> Connect(size_t node, const std::string& space, const std::string& id,
                                      uint32_t shard = 0) {
    world[node].world.dialect.open = true;
    auto client = world[node].world.Connect(space, id, shard);
    world.Run();
    return client;
  }
  storage::PresenceRecord RecordOf(const std::string& node, const FakeClient& client) {
    return {{"chat", "a"}, "", node, client.key.value, world.now().date, ""};
  }
  std::optional<Estate> Displace(const storage::PresenceRecord& holder) {
    auto got = std::make_shared<std::optional<Estate>>();
    world[0].elsewhere.Displace(holder, [got](Estate estate) { *got = std::move(estate); });
    world.Run();
    return *got;
  }
  std::optional<bool> Probe(const storage::PresenceRecord& holder) {
    auto judged = std::make_shared<std::optional<bool>>();
    world[0].elsewhere.ProbeHolder(holder, [judged](bool lives) { *judged = lives; });
    world.Run();
    return *judged;
  }

  ClusterWorld world{3};
};

TEST_F(ElsewhereTest, WhatAClientPublishesIsHeardWhereItsNamespaceIs) {
  auto ann = Connect(0, "chat", "ann");
  auto bob = Connect(1, "chat", "bob", 1);
  auto eve = Connect(2, "other", "eve", 2);
  world[0].world.Say(*ann, "sub 1 news");
  world[1].world.Say(*bob, "sub 1 news");
  world[2].world.Say(*eve, "sub 1 news");
  world[0].world.Say(*ann, "pub 2 news [1]");
  world[0].world.Say(*ann, "pub 3 news [2]");
  world.Run();
  EXPECT_THAT(bob->socket.Take(), ElementsAre("pub news [1]", "pub news [2]"));
  EXPECT_THAT(eve->socket.Take(), IsEmpty());
  EXPECT_EQ(world[0].probe.said.value(), 2);
  EXPECT_EQ(world[1].probe.heard.value(), 2);
  EXPECT_EQ(world[2].probe.heard.value(), 0) << "it holds nobody there";
  EXPECT_EQ(world[1].probe.said.value(), 0) << "and nobody says it again";
}

TEST_F(ElsewhereTest, ARelayReachesEverybodyElse) {
  auto ann = Connect(0, "chat", "ann");
  auto bob = Connect(1, "chat", "bob");
  world[0].world.Say(*ann, "relay - wave [1]");
  world.Run();
  EXPECT_THAT(ann->socket.Take(), IsEmpty());
  EXPECT_THAT(bob->socket.Take(), ElementsAre("event wave [1]"));
}

TEST_F(ElsewhereTest, WhoeverHasLeftANamespaceHearsItNoMore) {
  auto ann = Connect(0, "chat", "ann");
  auto bob = Connect(1, "chat", "bob");
  world[1].world.Vanish(*bob);
  world[0].world.Say(*ann, "relay - wave [1]");
  world.Run();
  EXPECT_EQ(world[1].probe.heard.value(), 0);
}

TEST_F(ElsewhereTest, AnIdIsHandedOver) {
  auto client = Connect(1, "chat", "a", 1);
  world[1].world.Say(*client, "sub 1 news");
  auto estate = Displace(RecordOf("n2", *client));
  ASSERT_TRUE(estate.has_value());
  EXPECT_TRUE(client->socket.closed());
  EXPECT_TRUE(estate->owed);
  EXPECT_EQ(estate->frame.code, 4410);
  ASSERT_EQ(estate->places.size(), 1);
  EXPECT_EQ(estate->places[0].channel, "news");
  EXPECT_EQ(estate->places[0].entry, hub::Entry::kStranger);
}

TEST_F(ElsewhereTest, OfWhoIsNotThereNothingIsInherited) {
  auto client = Connect(1, "chat", "a");
  storage::PresenceRecord other = RecordOf("n2", *client);
  other.key.id = "b";
  EXPECT_FALSE(Displace(other).value().owed);
  EXPECT_FALSE(client->socket.closed());
  EXPECT_FALSE(Displace(RecordOf("n9", *client)).value().owed) << "no such node lives";
}

TEST_F(ElsewhereTest, AHolderIsJudgedOnItsOwnNode) {
  auto client = Connect(1, "chat", "a");
  client->socket.Take();
  storage::PresenceRecord record = RecordOf("n2", *client);
  EXPECT_EQ(Probe(record), std::nullopt) << "it was pinged";
  EXPECT_THAT(client->socket.Take(), ElementsAre("<ping>"));
  world[1].world.shard(0).Alive(client->key, world.now());
  world.Run();
  record.key.id = "b";
  EXPECT_EQ(Probe(record), false);
  EXPECT_EQ(Probe(RecordOf("n9", *client)), true) << "its node's lease will say what is so";
}

TEST(Sayings, ComeBackAsTheyWere) {
  metrics::SharedCounter encodings;
  hub::Payload body = hub::Payload::Json("[1]");
  body.msgpack = "\x91\x01";
  hub::Saying saying{.space = "chat",
                     .message = std::make_shared<const hub::Message>("ne\xffws", body, encodings),
                     .connection = "\x80 a",
                     .user = "ann",
                     .audience = hub::Saying::Audience::kOthers};
  auto back = OpenSaying("chat", SealSaying(saying), encodings);
  ASSERT_TRUE(back.ok()) << back.status();
  EXPECT_EQ((*back)->space, "chat");
  EXPECT_EQ((*back)->message->event(), "ne\xffws");
  EXPECT_EQ((*back)->message->body(), body);
  EXPECT_EQ((*back)->message->body().msgpack, body.msgpack);
  EXPECT_EQ((*back)->connection, "\x80 a");
  EXPECT_EQ((*back)->user, "ann");
  EXPECT_EQ((*back)->audience, hub::Saying::Audience::kOthers);
  EXPECT_FALSE(OpenSaying("chat", "\xff\xff", encodings).ok());
}

}  // namespace
}  // namespace sluice::control
