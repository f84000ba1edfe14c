// SPDX-License-Identifier: Apache-2.0
//
// What is heard on channels of one real server, and what is told when it is not.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "tests/storage/redis/client_world.h"
#include "tests/storage/redis/redis_server.h"

namespace sluice::storage::redis {
namespace {

using ::testing::ElementsAre;

TEST(SubscriptionsTest, WhatIsPublishedAfterTheConfirmationIsHeard) {
  RedisServer server;
  ClientWorld listening(server);
  ClientWorld saying(server);
  ASSERT_TRUE(saying.BecomesHealthy());
  for (int i = 0; i < 100; ++i) {
    std::string channel = absl::StrCat("c", i);
    Ear ear;
    listening.Subscribe(channel, ear);
    ASSERT_TRUE(ear.Waits("<confirmed>"));
    ASSERT_TRUE(saying.Publish(channel, "m").ok());
    ASSERT_TRUE(ear.Waits("m")) << channel;
    listening.Unsubscribe(channel);
  }
  EXPECT_TRUE(Eventually([&] { return server.Do({"PUBSUB", "CHANNELS"}).empty(); }));
}

TEST(SubscriptionsTest, DatabasesDoNotHearOneAnother) {
  RedisServer server;
  ClientWorld listening(QuickOptions(Url{.addresses = {server.address()}, .db = 1}));
  ClientWorld saying(QuickOptions(Url{.addresses = {server.address()}, .db = 2}));
  ClientWorld mate(QuickOptions(Url{.addresses = {server.address()}, .db = 1}));
  ASSERT_TRUE(saying.BecomesHealthy());
  ASSERT_TRUE(mate.BecomesHealthy());
  Ear ear;
  listening.Subscribe("c", ear);
  ASSERT_TRUE(ear.Waits("<confirmed>"));
  ASSERT_TRUE(saying.Publish("c", "a stranger's").ok());
  ASSERT_TRUE(mate.Publish("c", "a mate's").ok());
  ASSERT_TRUE(ear.Waits("a mate's"));
  EXPECT_EQ(ear.Count("a stranger's"), 0);
}

TEST(SubscriptionsTest, AListenerMayTakeTheChannelAgainAtOnce) {
  RedisServer server;
  ClientWorld world(server);
  Ear before;
  Ear after;
  world.On([&](Client& client) {
    client.Subscribe("c", before.listener());
    client.Unsubscribe("c");
    client.Subscribe("c", after.listener());
  });
  ASSERT_TRUE(after.Waits("<confirmed>"));
  world.On([&](Client& client) {
    client.Unsubscribe("c");
    client.Subscribe("c", before.listener());
  });
  ASSERT_TRUE(before.Waits("<confirmed>"));
  ASSERT_TRUE(world.Publish("c", "m").ok());
  EXPECT_TRUE(before.Waits("m"));
  EXPECT_EQ(after.Count("m"), 0);
}

TEST(SubscriptionsTest, ACutSubscriptionIsToldAndComesBack) {
  RedisServer server;
  ClientWorld world(server);
  Ear first;
  Ear second;
  world.Subscribe("c1", first);
  world.Subscribe("c2", second);
  ASSERT_TRUE(first.Waits("<confirmed>"));
  ASSERT_TRUE(second.Waits("<confirmed>"));
  server.Do({"CLIENT", "KILL", "TYPE", "pubsub"});
  ASSERT_TRUE(first.Waits("<confirmed>", 2));
  ASSERT_TRUE(second.Waits("<confirmed>", 2));
  EXPECT_THAT(first.heard(), ElementsAre("<confirmed>", "<gap>", "<confirmed>"));
  EXPECT_EQ(world.Metric("redis_gaps_total"), 2);
  server.Do({"PUBLISH", "p:c1", "m"});
  EXPECT_TRUE(first.Waits("m"));
}

TEST(SubscriptionsTest, AMessageOverRedisLimitIsAGap) {
  RedisServer server({"--client-output-buffer-limit", "pubsub 1mb 512kb 1"});
  ClientWorld world(server);
  Ear ear;
  world.Subscribe("c", ear);
  ASSERT_TRUE(ear.Waits("<confirmed>"));
  server.Do({"PUBLISH", "p:c", std::string(4 << 20, 'x')});
  EXPECT_TRUE(ear.Waits("<gap>"));
  EXPECT_TRUE(ear.Waits("<confirmed>", 2));
}

TEST(SubscriptionsTest, TwentyRestartsLeaveOneSubscriber) {
  RedisServer server;
  ClientWorld world(server);
  Ear ear;
  world.Subscribe("c", ear);
  ASSERT_TRUE(ear.Waits("<confirmed>"));
  for (size_t i = 0; i < 20; ++i) {
    server.Kill();
    ASSERT_TRUE(ear.Waits("<gap>", i + 1));
    server.Start();
    ASSERT_TRUE(ear.Waits("<confirmed>", i + 2));
    ASSERT_TRUE(Eventually([&] { return world.new_masters() == static_cast<int>(i) + 2; }));
  }
  EXPECT_EQ(server.Do({"PUBSUB", "NUMSUB", "p:c"}), "p:c 1");
  server.Do({"PUBLISH", "p:c", "m"});
  ASSERT_TRUE(ear.Waits("m"));
  EXPECT_EQ(ear.Count("m"), 1);
}

TEST(SubscriptionsTest, TheLastChannelMayGoAndAnotherCome) {
  RedisServer server;
  ClientWorld world(server);
  Ear ear;
  world.Subscribe("c1", ear);
  ASSERT_TRUE(ear.Waits("<confirmed>"));
  world.Unsubscribe("c1");
  ASSERT_TRUE(Eventually([&] { return server.Do({"PUBSUB", "CHANNELS"}).empty(); }));
  server.Do({"CLIENT", "KILL", "TYPE", "pubsub"});
  world.Subscribe("c2", ear);
  EXPECT_TRUE(ear.Waits("<confirmed>", 2));
}

}  // namespace
}  // namespace sluice::storage::redis
