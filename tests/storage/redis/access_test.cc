// SPDX-License-Identifier: Apache-2.0
//
// Who we are at Redis, and what we may do there.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/storage/redis/client_world.h"
#include "tests/storage/redis/redis_server.h"

namespace sluice::storage::redis {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

Options As(const RedisServer& server, std::string user, std::string password) {
  return QuickOptions(Url{
      .user = std::move(user), .password = std::move(password), .addresses = {server.address()}});
}

TEST(AccessTest, APasswordOfItsOwn) {
  RedisServer server({"--requirepass", "secret"});
  ClientWorld right(As(server, "", "secret"));
  EXPECT_TRUE(right.BecomesHealthy());
  for (const char* password : {"", "wr0ng"}) {
    ClientWorld wrong(As(server, "", password));
    EXPECT_TRUE(Eventually([&] { return wrong.Metric("redis_connects_total") >= 2; }));
    EXPECT_TRUE(wrong.health().degraded);
    EXPECT_THAT(wrong.health().why, Not(HasSubstr("wr0ng")));
  }
}

TEST(AccessTest, AUserAndADatabase) {
  RedisServer server;
  server.Do({"ACL", "SETUSER", "gate", "on", ">a/=+b", "~p:*", "&p:*", "+@all"});
  Options options = As(server, "gate", "a/=+b");
  options.url.db = 3;
  ClientWorld world(options);
  ASSERT_TRUE(world.BecomesHealthy());
  ASSERT_TRUE(world.Execute("SET", "k", {"v"}).ok());
  EXPECT_THAT(server.Do({"INFO", "keyspace"}), HasSubstr("db3:keys=1"));
}

TEST(AccessTest, ChannelsThatAreNotAllowedAreATrouble) {
  RedisServer server;
  server.Do({"ACL", "SETUSER", "gate", "on", ">s", "~p:*", "+@all"});
  ClientWorld world(As(server, "gate", "s"));
  ASSERT_TRUE(world.BecomesHealthy());
  EXPECT_TRUE(absl::IsPermissionDenied(world.Publish("c", "m")));
  Ear ear;
  world.Subscribe("c", ear);
  EXPECT_TRUE(Eventually([&] {
    return world.health().why.starts_with("1 of 1 subscriptions are not confirmed: NOPERM");
  }));
  server.Do({"ACL", "SETUSER", "gate", "&p:*"});
  EXPECT_TRUE(ear.Waits("<confirmed>"));
  EXPECT_TRUE(world.BecomesHealthy());
}

TEST(AccessTest, RightsMayGoAtAnyTime) {
  RedisServer server;
  server.Do({"ACL", "SETUSER", "gate", "on", ">s", "~p:*", "&p:*", "+@all"});
  ClientWorld world(As(server, "gate", "s"));
  Ear ear;
  world.Subscribe("c", ear);
  ASSERT_TRUE(ear.Waits("<confirmed>"));
  server.Do({"ACL", "SETUSER", "gate", "resetchannels", "-set"});
  EXPECT_TRUE(ear.Waits("<gap>"));
  EXPECT_TRUE(absl::IsPermissionDenied(world.Execute("SET", "k", {"v"}).status()));
  EXPECT_TRUE(world.BecomesDegraded());
  server.Do({"ACL", "SETUSER", "gate", "&p:*", "+set"});
  EXPECT_TRUE(ear.Waits("<confirmed>", 2));
}

TEST(AccessTest, ALoadingOrFullServerIsNotTaken) {
  RedisServer server({"--maxclients", "1"});
  ClientWorld first(server);
  ASSERT_TRUE(first.BecomesHealthy());
  ClientWorld second(server);
  EXPECT_TRUE(Eventually(
      [&] { return second.health().why.find("max number of clients") != std::string::npos; }));
  EXPECT_TRUE(second.health().degraded);
}

}  // namespace
}  // namespace sluice::storage::redis
