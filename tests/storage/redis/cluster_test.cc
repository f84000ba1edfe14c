// SPDX-License-Identifier: Apache-2.0
//
// The client on a real cluster of three masters, while slots move and masters fail.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "storage/redis/slots.h"
#include "tests/storage/redis/client_world.h"
#include "tests/storage/redis/redis_cluster.h"
#include "tests/storage/redis/redis_server.h"

namespace sluice::storage::redis {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class ClusterTest : public ::testing::Test, protected RedisCluster {
 protected:
  void SetUp() override { ASSERT_TRUE(Form()); }
};

TEST_F(ClusterTest, CommandsGoToTheOwnersOfTheirSlots) {
  ClientWorld world(Through());
  ASSERT_TRUE(world.BecomesHealthy());
  Script script("return redis.call('INCRBY', KEYS[1], ARGV[1])");
  for (int i = 0; i < 100; ++i) {
    ASSERT_EQ(world.Run(script, absl::StrCat("k", i), {absl::StrCat(i)})->integer, i);
    ASSERT_EQ(world.Execute("GET", absl::StrCat("k", i))->text, absl::StrCat(i));
  }
  EXPECT_EQ(world.Metric("redis_retries_total"), 0);
  for (int i = 0; i < kMasters; ++i) {
    EXPECT_GT(Calls(i, "get"), 10);
    EXPECT_EQ(Calls(i, "eval"), 1);
  }
}

TEST_F(ClusterTest, WhatComesBeforeTheTableIsKnownWaits) {
  ClientWorld world(Through());
  EXPECT_TRUE(world.Execute("SET", "k", {"v"}).ok());
}

TEST_F(ClusterTest, AMovedSlotIsLearntFromItsOldOwner) {
  ClientWorld world(Through());
  ASSERT_TRUE(world.BecomesHealthy());
  int from = OwnerOf("p:k");
  int to = (from + 1) % kMasters;
  MoveSlot(SlotOf("p:k"), to);
  ASSERT_TRUE(world.Execute("SET", "k", {"v"}).ok());
  EXPECT_EQ(Do(to, {"GET", "p:k"}), "v");
  EXPECT_GE(world.Metric("redis_retries_total"), 1);
}

TEST_F(ClusterTest, ASlotOnItsWayIsAskedForAtBothEnds) {
  ClientWorld world(Through());
  ASSERT_TRUE(world.BecomesHealthy());
  ASSERT_TRUE(world.Execute("SET", "{t}old", {"v"}).ok());
  int from = OwnerOf("{t}");
  int to = (from + 1) % kMasters;
  std::string slot = absl::StrCat(SlotOf("{t}"));
  ASSERT_EQ(Do(to, {"CLUSTER", "SETSLOT", slot, "IMPORTING", Id(from)}), "OK");
  ASSERT_EQ(Do(from, {"CLUSTER", "SETSLOT", slot, "MIGRATING", Id(to)}), "OK");
  // What is still there is had there; what is new is made at the other end, each time anew.
  EXPECT_EQ(world.Execute("GET", "{t}old")->text, "v");
  Script claim("return redis.call('SET', KEYS[1], ARGV[1])");
  EXPECT_TRUE(world.Run(claim, "{t}new", {"v"}).ok());
  EXPECT_EQ(world.Execute("GET", "{t}new")->text, "v");
  EXPECT_EQ(Do(from, {"CLUSTER", "COUNTKEYSINSLOT", slot}), "1");
  EXPECT_EQ(Do(to, {"CLUSTER", "COUNTKEYSINSLOT", slot}), "1");
  // Two keys at different ends wait until the slot has arrived.
  absl::Notification done;
  absl::StatusOr<Reply> two;
  world.On([&](Client& client) {
    client.Execute("MSET", "{t}old", {"v2", "p:{t}new", "v2"}, [&](absl::StatusOr<Reply> reply) {
      two = std::move(reply);
      done.Notify();
    });
  });
  ASSERT_TRUE(Eventually([&] { return world.Metric("redis_retries_total") > 5; }));
  ASSERT_EQ(Do(from, {"MIGRATE", "127.0.0.1", absl::StrCat(servers_[to]->port()), "p:{t}old", "0",
                      "5000"}),
            "OK");
  MoveSlot(SlotOf("{t}"), to);
  done.WaitForNotification();
  EXPECT_TRUE(two.ok()) << two.status();
  EXPECT_EQ(world.Execute("GET", "{t}old")->text, "v2");
}

TEST_F(ClusterTest, WhatNeverComesFailsInTime) {
  Options options = Through();
  options.command_timeout = absl::Milliseconds(300);
  ClientWorld world(options);
  ASSERT_TRUE(world.BecomesHealthy());
  ASSERT_EQ(Do(0, {"CLUSTER", "DELSLOTS", "0"}), "OK");
  ASSERT_TRUE(Eventually(
      [&] { return Do(0, {"CLUSTER", "INFO"}).find("cluster_state:fail") != std::string::npos; }));
  std::string key;  // of the master that does not serve any more
  for (int i = 0; OwnerOf(absl::StrCat("p:", key)) != 0 || key.empty(); ++i) {
    key = absl::StrCat("k", i);
  }
  absl::Status status = world.Execute("SET", key, {"v"}).status();
  EXPECT_TRUE(absl::IsUnavailable(status)) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr("CLUSTERDOWN"));
}

TEST_F(ClusterTest, FiftyChannelsAreHeardAndComeBack) {
  ClientWorld world(Through());
  ClientWorld other(Through());
  ASSERT_TRUE(other.BecomesHealthy());
  std::deque<Ear> ears(50);
  for (int i = 0; i < 50; ++i) world.Subscribe(absl::StrCat("c", i), ears[i]);
  for (Ear& ear : ears) ASSERT_TRUE(ear.Waits("<confirmed>"));
  for (int i = 0; i < 50; ++i) ASSERT_TRUE(other.Publish(absl::StrCat("c", i), "m1").ok());
  for (Ear& ear : ears) ASSERT_TRUE(ear.Waits("m1"));
  for (int i = 0; i < kMasters; ++i) Do(i, {"CLIENT", "KILL", "TYPE", "pubsub"});
  for (Ear& ear : ears) ASSERT_TRUE(ear.Waits("<confirmed>", 2));
  for (int i = 0; i < 50; ++i) ASSERT_TRUE(other.Publish(absl::StrCat("c", i), "m2").ok());
  for (Ear& ear : ears) {
    ASSERT_TRUE(ear.Waits("m2"));
    EXPECT_THAT(ear.heard(), ElementsAre("<confirmed>", "m1", "<gap>", "<confirmed>", "m2"));
  }
}

TEST_F(ClusterTest, AListenerFollowsItsSlot) {
  ClientWorld world(Through());
  Ear ear;
  world.Subscribe("c", ear);
  ASSERT_TRUE(ear.Waits("<confirmed>"));
  ASSERT_TRUE(world.BecomesHealthy());
  int masters = world.new_masters();
  int to = OwnerOf("p:c");
  for (int round = 1; round <= 3; ++round) {
    to = (to + 1) % kMasters;
    MoveSlot(SlotOf("p:c"), to);
    ASSERT_TRUE(Eventually([&] { return Do(to, {"PUBSUB", "SHARDNUMSUB", "p:c"}) == "p:c 1"; }))
        << round;
    std::string said = absl::StrCat("m", round);
    ASSERT_TRUE(world.BecomesHealthy());
    ASSERT_TRUE(world.Publish("c", said).ok());
    ASSERT_TRUE(ear.Waits(said));
    EXPECT_EQ(ear.Count("<gap>"), static_cast<size_t>(round));
  }
  EXPECT_EQ(world.new_masters(), masters) << "slots that are handed over lose nothing";
}

TEST_F(ClusterTest, AKilledMasterIsFollowedByItsReplica) {
  AddReplica();
  ClientWorld world(Through());
  std::string name;  // of a key and a channel of master 0
  for (int i = 0; OwnerOf(absl::StrCat("p:", name)) != 0 || name.empty(); ++i) {
    name = absl::StrCat("n", i);
  }
  Ear ear;
  world.Subscribe(name, ear);
  ASSERT_TRUE(ear.Waits("<confirmed>"));
  ASSERT_TRUE(world.BecomesHealthy());
  int masters = world.new_masters();
  int asked = Calls(1, "cluster|slots") + Calls(2, "cluster|slots");
  servers_[0]->Kill();
  ASSERT_TRUE(ear.Waits("<confirmed>", 2));
  ASSERT_TRUE(Eventually([&] { return world.Execute("SET", name, {"v"}).ok(); }));
  EXPECT_EQ(Do(kMasters, {"GET", "p:" + name}), "v");
  ASSERT_TRUE(world.Publish(name, "m").ok());
  EXPECT_TRUE(ear.Waits("m"));
  EXPECT_EQ(ear.Count("m"), 1u);
  EXPECT_TRUE(world.BecomesHealthy());
  EXPECT_TRUE(Eventually([&] { return world.new_masters() > masters; }));
  // Ten a second at most, whatever fails: the interval is 100 ms here.
  EXPECT_LT(Calls(1, "cluster|slots") + Calls(2, "cluster|slots") - asked, 100);
}

TEST_F(ClusterTest, AnOrderlyFailoverIsFollowed) {
  AddReplica();
  ClientWorld world(Through());
  std::string name;
  for (int i = 0; OwnerOf(absl::StrCat("p:", name)) != 0 || name.empty(); ++i) {
    name = absl::StrCat("n", i);
  }
  Ear ear;
  world.Subscribe(name, ear);
  ASSERT_TRUE(ear.Waits("<confirmed>"));
  ASSERT_TRUE(world.BecomesHealthy());
  ASSERT_EQ(Do(kMasters, {"CLUSTER", "FAILOVER"}), "OK");
  ASSERT_TRUE(Eventually([&] { return Do(kMasters, {"ROLE"}).starts_with("master"); }));
  ASSERT_TRUE(Eventually([&] { return world.Execute("SET", name, {"v"}).ok(); }));
  ASSERT_TRUE(Eventually([&] {
    return Do(kMasters, {"PUBSUB", "SHARDNUMSUB", "p:" + name}) == absl::StrCat("p:", name, " 1");
  }));
  EXPECT_TRUE(Eventually([&] { return world.new_masters() > 1; }));
  ASSERT_TRUE(world.Publish(name, "m").ok());
  EXPECT_TRUE(ear.Waits("m"));
  EXPECT_EQ(ear.Count("m"), 1u);
}

}  // namespace
}  // namespace sluice::storage::redis
