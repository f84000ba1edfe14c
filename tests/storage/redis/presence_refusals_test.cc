// SPDX-License-Identifier: Apache-2.0
//
// Presence on a Redis that refuses a part, or has less than it had.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/storage/redis/presence_world.h"

namespace sluice::storage::redis {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

struct PresenceRefusalsTest : testing::Test {
  PresenceRefusalsTest() { EXPECT_TRUE(one.BecomesHealthy()); }
  void Allow(const std::string& what) { server.Do({"ACL", "SETUSER", "default", what}); }
  size_t Records() {
    return std::stoul(server.Do({"ZLEXCOUNT", "p:presence:{:chat}", "[i", "(j"}));
  }

  RedisServer server;
  PresenceNode one{server, "n1"};
};

TEST_F(PresenceRefusalsTest, WhatIsRefusedInTheMiddleLeavesNothingBehind) {
  Allow("-zincrby");
  EXPECT_FALSE(one.TryClaim(one.Record("a")).ok());
  Allow("+zincrby");
  EXPECT_TRUE(one.RunUntil([&] { return Records() == 0; }));
}

TEST_F(PresenceRefusalsTest, WhoMayNotPublishAChangeDoesNotMakeIt) {
  one.Watch();
  ASSERT_TRUE(one.TryClaim(one.Record("a")).ok());
  ASSERT_TRUE(one.RunUntil([&] { return one.Told("+a") == 1; }));
  Allow("-publish");
  EXPECT_TRUE(absl::IsPermissionDenied(one.TryClaim(one.Record("b", 2)).status()));
  one.Release("a");
  EXPECT_TRUE(one.RunUntil([&] { return one.presence().health().degraded; }));
  EXPECT_EQ(Records(), 1u);
  Allow("+publish");
  EXPECT_TRUE(one.RunUntil([&] { return one.Told("-a") == 1; }));
  EXPECT_TRUE(one.BecomesHealthy());
  EXPECT_THAT(one.Members(), IsEmpty());
}

TEST_F(PresenceRefusalsTest, ANodeThatCannotBeatSaysSo) {
  Allow("-@scripting");
  EXPECT_TRUE(one.RunUntil([&] { return one.presence().health().degraded; }));
  Allow("+@scripting");
  EXPECT_TRUE(one.BecomesHealthy());
  EXPECT_EQ(one.Noted("evicted"), 0);
}

TEST_F(PresenceRefusalsTest, AnOlderStateOfRedisIsNoticedByTheBeats) {
  ASSERT_EQ(server.Do({"COPY", "p:nodes", "older"}), "1");
  const std::string older = server.Do({"HGETALL", "older"});
  ASSERT_TRUE(one.RunUntil([&] { return server.Do({"HGETALL", "p:nodes"}) != older; }));
  ASSERT_TRUE(one.TryClaim(one.Record("a")).ok());
  server.Do({"DEL", "p:presence:{:chat}"});
  ASSERT_EQ(server.Do({"COPY", "older", "p:nodes", "REPLACE"}), "1");
  EXPECT_TRUE(one.RunUntil([&] { return Records() == 1; }));
  EXPECT_EQ(one.Noted("forgotten"), 1);
  EXPECT_EQ(one.Noted("evicted"), 0);
  EXPECT_THAT(one.Members(), ElementsAre("a@n1"));
}

}  // namespace
}  // namespace sluice::storage::redis
