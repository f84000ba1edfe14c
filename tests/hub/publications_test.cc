// SPDX-License-Identifier: Apache-2.0
//
// Publications reach members, other shards and backends.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "gateway/hub/exchange.h"
#include "tests/fakes/hub_world.h"

namespace sluice::hub {
namespace {

using fakes::HubWorld;
using testing::ElementsAre;
using testing::IsEmpty;

TEST(Publications, ReachMembersOnEveryShardAndBackends) {
  HubWorld world(2);
  world.dialect.open = true;
  auto a = world.Connect("chat", "a", 0);
  auto b = world.Connect("chat", "b", 1);
  world.Say(*a, "sub 1 x");
  world.Say(*b, "sub 1 x");
  EXPECT_THAT(world.Say(*a, "pub 2 x hi"), ElementsAre("pub x hi", "ok 2 "));
  world.Run();
  EXPECT_THAT(b->socket.Take(), ElementsAre("pub x hi"));
  ASSERT_EQ(world.tap.publications.size(), 1);
  EXPECT_EQ(world.tap.publications[0].connection, "a");
  EXPECT_EQ(world.encodings.value(), 1);
}

TEST(Publications, AreRelayedToTheOthers) {
  HubWorld world(2);
  auto a = world.Connect("chat", "a", 0);
  auto b = world.Connect("chat", "b", 1);
  EXPECT_THAT(world.Say(*a, "relay - cursor 7"), IsEmpty());
  world.Run();
  EXPECT_THAT(a->socket.Take(), IsEmpty());
  EXPECT_THAT(b->socket.Take(), ElementsAre("event cursor 7"));
}

TEST(Publications, OfKickedClientsEnd) {
  HubWorld world;
  world.dialect.open = true;
  auto client = world.Connect("chat", "a");
  world.Say(*client, "sub 1 x");
  std::vector<std::string> channels = {"x", "y"};
  EXPECT_EQ(world.shard().KickOut({.space = "chat"}, channels, "bye", world.now).enqueued, 1);
  EXPECT_THAT(client->socket.Take(), ElementsAre("kicked x bye"));
}

TEST(Exchange, KeepsABoundedBacklogForEachSubscriber) {
  fakes::ManualExecutor home;
  Exchange exchange({.subscribers_max = 1, .backlog_max = 2}, home);
  EXPECT_FALSE(exchange.wanted());
  int ready = 0;
  auto id = exchange.Subscribe("chat", {"x"}, [&] { ++ready; });
  ASSERT_TRUE(id.ok());
  EXPECT_TRUE(exchange.wanted());
  EXPECT_FALSE(exchange.Subscribe("chat", {"x"}, [] {}).ok());
  for (const char* channel : {"x", "y", "x", "x"}) {
    exchange.OnPublication({"chat", channel, Payload::Text(channel), "", ""});
  }
  home.RunAll(Now());
  EXPECT_EQ(ready, 1);
  Exchange::Batch batch = exchange.Take(*id, 1, 1 << 20);
  EXPECT_EQ(batch.publications.size(), 1);
  EXPECT_EQ(batch.lost, 1);
  EXPECT_EQ(batch.backlog, 1);
  exchange.Unsubscribe(*id);
  EXPECT_FALSE(exchange.wanted());
}

TEST(Exchange, CountsBytes) {
  fakes::ManualExecutor home;
  const Publication large{"chat", "x", Payload::Text(std::string(1000, 'x')), "", ""};
  const size_t each = SizeOf(large);
  Exchange exchange({.subscribers_max = 2, .backlog_max = 100, .backlog_bytes = 3 * each}, home);
  auto reads = exchange.Subscribe("chat", {"x"}, [] {});
  auto sleeps = exchange.Subscribe("chat", {"x"}, [] {});
  auto publish = [&](const Publication& publication) {
    exchange.OnPublication(publication);
    home.RunAll(Now());
  };
  for (int i = 0; i < 2; ++i) publish(large);
  EXPECT_EQ(exchange.Take(*reads, 100, each).publications.size(), 1) << "a batch ends";
  for (int i = 0; i < 3; ++i) publish(large);
  Exchange::Batch batch = exchange.Take(*reads, 100, 10 * each);
  EXPECT_EQ(batch.publications.size(), 3);
  EXPECT_EQ(batch.lost, 1);
  batch = exchange.Take(*sleeps, 100, 10 * each);
  EXPECT_EQ(batch.publications.size(), 3);
  EXPECT_EQ(batch.lost, 2);
  // What its reader's library would not take is lost, not the stream.
  publish({"chat", "x", Payload::Text(std::string(2000, 'x')), "", ""});
  publish(large);
  batch = exchange.Take(*reads, 100, each);
  EXPECT_EQ(batch.publications.size(), 1);
  EXPECT_EQ(batch.lost, 1);
  EXPECT_EQ(exchange.Take(*reads, 100, each).publications.size(), 0);
}

}  // namespace
}  // namespace sluice::hub
