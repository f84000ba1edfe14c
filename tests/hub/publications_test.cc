// SPDX-License-Identifier: Apache-2.0
//
// Publications reach members, other shards and backends.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "gateway/hub/client_verbs.h"
#include "gateway/hub/publications.h"
#include "gateway/hub/subscribers.h"
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
  EXPECT_EQ(world.shard().clients().KickOut({.space = "chat"}, channels, "bye", world.now).enqueued,
            1);
  EXPECT_THAT(client->socket.Take(), ElementsAre("kicked x bye"));
}

TEST(Subscribers, KeepsABoundedBacklogForEachSubscriber) {
  fakes::ManualExecutor home;
  Subscribers subscribers({.subscribers_max = 1, .backlog_max = 2}, home);
  EXPECT_FALSE(subscribers.wanted());
  int ready = 0;
  auto id = subscribers.Subscribe("chat", {"x"}, [&] { ++ready; });
  ASSERT_TRUE(id.ok());
  EXPECT_TRUE(subscribers.wanted());
  EXPECT_FALSE(subscribers.Subscribe("chat", {"x"}, [] {}).ok());
  for (const char* channel : {"x", "y", "x", "x"}) {
    subscribers.OnPublication({"chat", channel, Payload::Text(channel), "", ""});
  }
  home.RunAll(Now());
  EXPECT_EQ(ready, 1);
  Subscribers::Batch batch = subscribers.Take(*id, 1, 1 << 20);
  EXPECT_EQ(batch.publications.size(), 1);
  EXPECT_EQ(batch.lost, 1);
  EXPECT_EQ(batch.backlog, 1);
  subscribers.Unsubscribe(*id);
  EXPECT_FALSE(subscribers.wanted());
}

TEST(Subscribers, TellsOfWhatMayBeMissingWhereItWouldHaveCome) {
  fakes::ManualExecutor home;
  Subscribers subscribers({}, home);
  Now now{};
  int ready = 0;
  auto id = *subscribers.Subscribe("chat", {"news"}, [&] { ++ready; });
  auto other = *subscribers.Subscribe("other", {"news"}, [] {});
  subscribers.TellGap("chat");
  EXPECT_EQ(ready, 1);
  EXPECT_EQ(subscribers.Take(id, 10, 1000).lost, 1);
  subscribers.OnPublication({"chat", "news", Payload::Json("1"), "", ""});
  home.RunAll(now);
  subscribers.TellGap("chat");
  subscribers.OnPublication({"chat", "news", Payload::Json("2"), "", ""});
  home.RunAll(now);
  Subscribers::Batch batch = subscribers.Take(id, 10, 1000);
  EXPECT_EQ(batch.lost, 0);
  EXPECT_EQ(batch.publications.size(), 1);
  batch = subscribers.Take(id, 10, 1000);
  EXPECT_EQ(batch.lost, 1);
  EXPECT_EQ(batch.publications.size(), 1);
  EXPECT_EQ(subscribers.Take(other, 10, 1000).lost, 0);
}

TEST(Subscribers, CountsBytes) {
  fakes::ManualExecutor home;
  const Publication large{"chat", "x", Payload::Text(std::string(1000, 'x')), "", ""};
  const size_t each = SizeOf(large);
  Subscribers subscribers({.subscribers_max = 2, .backlog_max = 100, .backlog_bytes = 3 * each},
                          home);
  auto reads = subscribers.Subscribe("chat", {"x"}, [] {});
  auto sleeps = subscribers.Subscribe("chat", {"x"}, [] {});
  auto publish = [&](const Publication& publication) {
    subscribers.OnPublication(publication);
    home.RunAll(Now());
  };
  for (int i = 0; i < 2; ++i) publish(large);
  EXPECT_EQ(subscribers.Take(*reads, 100, each).publications.size(), 1) << "a batch ends";
  for (int i = 0; i < 3; ++i) publish(large);
  Subscribers::Batch batch = subscribers.Take(*reads, 100, 10 * each);
  EXPECT_EQ(batch.publications.size(), 3);
  EXPECT_EQ(batch.lost, 1);
  batch = subscribers.Take(*sleeps, 100, 10 * each);
  EXPECT_EQ(batch.publications.size(), 3);
  EXPECT_EQ(batch.lost, 2);
  // What its reader's library would not take is lost, not the stream.
  publish({"chat", "x", Payload::Text(std::string(2000, 'x')), "", ""});
  publish(large);
  batch = subscribers.Take(*reads, 100, each);
  EXPECT_EQ(batch.publications.size(), 1);
  EXPECT_EQ(batch.lost, 1);
  EXPECT_EQ(subscribers.Take(*reads, 100, each).publications.size(), 0);
}

// While the node's thread cannot follow.
TEST(Subscribers, BoundsWhatIsOnItsWay) {
  fakes::ManualExecutor home;
  const Publication said{"chat", "x", Payload::Text(std::string(1000, 'x')), "", ""};
  const size_t each = SizeOf(said);
  Subscribers subscribers({.backlog_max = 100, .queue_bytes = 3 * each}, home);
  int ready = 0;
  auto id = subscribers.Subscribe("chat", {"x"}, [&] { ++ready; });
  auto other = subscribers.Subscribe("chat", {"z"}, [&] { ++ready; });
  for (int i = 0; i < 10; ++i) subscribers.OnPublication({"chat", "y", said.body, "", ""});
  EXPECT_EQ(home.pending(), 0) << "nobody listens there";
  for (int i = 0; i < 5; ++i) subscribers.OnPublication(said);
  // Behind what was lost nothing passes, however small, so that it is told where it belongs.
  subscribers.OnPublication({"chat", "x", Payload::Text("small"), "", ""});
  EXPECT_EQ(home.pending(), 1) << "one task fetches all";
  home.RunAll(Now());
  subscribers.OnPublication(said);
  home.RunAll(Now());
  EXPECT_EQ(subscribers.dropped_total(), 3);
  EXPECT_EQ(ready, 1);

  Subscribers::Batch batch = subscribers.Take(*id, 100, 10 * each);
  EXPECT_EQ(batch.publications.size(), 3);
  EXPECT_EQ(batch.lost, 0);
  batch = subscribers.Take(*id, 100, 10 * each);
  EXPECT_EQ(batch.publications.size(), 1);
  EXPECT_EQ(batch.lost, 3);
  EXPECT_EQ(subscribers.Take(*other, 100, 10 * each).lost, 0);
  // A loss is told even if nothing follows it, and once.
  for (int i = 0; i < 4; ++i) subscribers.OnPublication(said);
  home.RunAll(Now());
  EXPECT_EQ(subscribers.Take(*id, 100, 10 * each).publications.size(), 3);
  EXPECT_EQ(subscribers.Take(*id, 100, 10 * each).lost, 1);
  EXPECT_EQ(subscribers.Take(*id, 100, 10 * each).lost, 0);
  subscribers.Unsubscribe(*id);
  subscribers.OnPublication(said);
  EXPECT_EQ(home.pending(), 0);
}

}  // namespace
}  // namespace sluice::hub
