// SPDX-License-Identifier: Apache-2.0
//
// A network that fails without a word.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "tests/storage/redis/client_world.h"
#include "tests/storage/redis/proxy.h"
#include "tests/storage/redis/redis_server.h"

namespace sluice::storage::redis {
namespace {

using ::testing::ElementsAre;

size_t Clients(const RedisServer& server) {
  std::string list = server.Do({"CLIENT", "LIST"});
  return std::count(list.begin(), list.end(), '\n') - 1;  // without who asks
}

TEST(NetworkTest, ASubscriberThatIsDeafFindsOut) {
  RedisServer server;
  Proxy proxy(server.port());
  ClientWorld world(QuickOptions(Url{.addresses = {proxy.address()}}));
  Ear ear;
  world.Subscribe("c", ear);
  ASSERT_TRUE(ear.Waits("<confirmed>"));
  ASSERT_TRUE(world.BecomesHealthy());
  proxy.DeafenSubscribers();
  ASSERT_TRUE(ear.Waits("<confirmed>", 2));
  ASSERT_TRUE(world.Publish("c", "m").ok());
  ASSERT_TRUE(ear.Waits("m"));
  EXPECT_THAT(ear.heard(), ElementsAre("<confirmed>", "<gap>", "<confirmed>", "m"));
  EXPECT_EQ(world.Metric("redis_silent_total"), 1);
  EXPECT_EQ(world.Metric("redis_connects_total"), 3) << "commands kept their connection";
}

TEST(NetworkTest, TriesThatComeLateAreClosed) {
  RedisServer server;
  Proxy proxy(server.port());
  Options options = QuickOptions(Url{.addresses = {proxy.address()}});
  options.connect_timeout = absl::Milliseconds(100);
  ClientWorld world(options);
  Ear ear;
  world.Subscribe("c", ear);
  ASSERT_TRUE(ear.Waits("<confirmed>"));
  ASSERT_TRUE(world.BecomesHealthy());
  proxy.Hold(true);
  server.Do({"CLIENT", "KILL", "TYPE", "pubsub"});
  server.Do({"CLIENT", "KILL", "TYPE", "normal"});
  double failed = world.Metric("redis_connects_total");
  ASSERT_TRUE(Eventually([&] { return world.Metric("redis_connects_total") > failed + 5; }));
  proxy.Hold(false);
  ASSERT_TRUE(ear.Waits("<confirmed>", 2));
  ASSERT_TRUE(world.BecomesHealthy());
  EXPECT_TRUE(Eventually([&] { return Clients(server) == 2; }));
  EXPECT_EQ(server.Do({"PUBSUB", "NUMSUB", "p:c"}), "p:c 1");
  ASSERT_TRUE(world.Publish("c", "m").ok());
  ASSERT_TRUE(ear.Waits("m"));
  EXPECT_EQ(ear.Count("m"), 1u);
}

}  // namespace
}  // namespace sluice::storage::redis
