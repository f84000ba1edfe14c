// SPDX-License-Identifier: Apache-2.0
//
// A server that is connected and refuses what it is asked: that is told until it is over, though
// nobody asks for anything meanwhile.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/storage/redis/client_world.h"
#include "tests/storage/redis/redis_cluster.h"
#include "tests/storage/redis/redis_server.h"

namespace sluice::storage::redis {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

bool Says(ClientWorld& world, const std::string& text) {
  return Eventually([&] { return world.health().why.find(text) != std::string::npos; });
}

TEST(RefusalsTest, MemoryThatIsUsedUp) {
  RedisServer server;
  ClientWorld world(server);
  ASSERT_TRUE(world.BecomesHealthy());
  server.Do({"CONFIG", "SET", "maxmemory", "1"});
  EXPECT_FALSE(world.Execute("SET", "k", {"v"}).ok());
  ASSERT_TRUE(world.BecomesDegraded());
  EXPECT_THAT(world.health().why, AllOf(StartsWith("Redis refuses: "), HasSubstr("OOM")));
  // What is taken all the same does not count.
  EXPECT_TRUE(world.Execute("DEL", "k").ok());
  EXPECT_TRUE(world.Publish("c", "m").ok());
  EXPECT_TRUE(Eventually([&] { return world.Metric("redis_errors_total") >= 3; })) << "it tries on";
  EXPECT_TRUE(world.health().degraded);
  server.Do({"CONFIG", "SET", "maxmemory", "0"});
  EXPECT_TRUE(world.BecomesHealthy());
}

TEST(RefusalsTest, ARightToPublish) {
  RedisServer server;
  ClientWorld world(server);
  ASSERT_TRUE(world.BecomesHealthy());
  server.Do({"ACL", "SETUSER", "default", "-publish"});
  EXPECT_FALSE(world.Publish("c", "m").ok());
  EXPECT_TRUE(Says(world, "NOPERM"));
  server.Do({"ACL", "SETUSER", "default", "+publish"});
  EXPECT_TRUE(world.BecomesHealthy());
}

TEST(RefusalsTest, WhatIsWrongWithOneCommandPasses) {
  RedisServer server;
  ClientWorld world(server);
  ASSERT_TRUE(world.BecomesHealthy());
  ASSERT_TRUE(world.Execute("SET", "k", {"text"}).ok());
  EXPECT_FALSE(world.Execute("HGET", "k", {"f"}).ok());
  EXPECT_TRUE(world.BecomesHealthy());
}

TEST(RefusalsTest, OneServerOfACluster) {
  RedisCluster cluster;
  ASSERT_TRUE(cluster.Form());
  ClientWorld world(cluster.Through());
  ASSERT_TRUE(world.BecomesHealthy());
  const int owner = RedisCluster::OwnerOf("p:k");
  cluster.Do(owner, {"CONFIG", "SET", "maxmemory", "1"});
  EXPECT_FALSE(world.Execute("SET", "k", {"v"}).ok());
  ASSERT_TRUE(Says(world, "OOM"));
  EXPECT_TRUE(Eventually([&] { return world.Metric("redis_errors_total") >= 3; })) << "it tries on";
  EXPECT_TRUE(world.health().degraded);
  cluster.Do(owner, {"CONFIG", "SET", "maxmemory", "0"});
  EXPECT_TRUE(world.BecomesHealthy());
}

}  // namespace
}  // namespace sluice::storage::redis
