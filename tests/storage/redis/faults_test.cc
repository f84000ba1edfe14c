// SPDX-License-Identifier: Apache-2.0
//
// A real server that is there and does not do what it should.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <thread>

#include "tests/storage/redis/client_world.h"
#include "tests/storage/redis/redis_server.h"

namespace sluice::storage::redis {
namespace {

using ::testing::ElementsAre;
using ::testing::StartsWith;

std::string Message(const absl::Status& status) { return std::string(status.message()); }

TEST(FaultsTest, AShortPauseIsWaitedOut) {
  RedisServer server;
  Options options = QuickOptions(Url{.addresses = {server.address()}});
  options.silence = absl::Seconds(30);
  ClientWorld world(options);
  Ear ear;
  world.Subscribe("c", ear);
  ASSERT_TRUE(ear.Waits("<confirmed>"));
  server.Do({"CLIENT", "PAUSE", "500", "ALL"});
  EXPECT_TRUE(world.Execute("SET", "k", {"v"}).ok());
  EXPECT_EQ(world.Metric("redis_connects_total"), 2);
  EXPECT_THAT(ear.heard(), ElementsAre("<confirmed>"));
}

TEST(FaultsTest, ALongPauseIsASilence) {
  RedisServer server;
  ClientWorld world(server);
  ASSERT_TRUE(world.BecomesHealthy());
  server.Do({"CLIENT", "PAUSE", "1500", "ALL"});
  EXPECT_TRUE(absl::IsUnavailable(world.Execute("SET", "k", {"v"}).status()));
  EXPECT_TRUE(world.BecomesDegraded());
  EXPECT_TRUE(world.BecomesHealthy());
  EXPECT_TRUE(world.Execute("SET", "k", {"v"}).ok());
}

TEST(FaultsTest, ABusyScriptOfOthersIsToldAndPasses) {
  RedisServer server({"--busy-reply-threshold", "50"});
  ClientWorld world(server);
  ASSERT_TRUE(world.BecomesHealthy());
  std::thread busy([&] { server.Do({"EVAL", "while true do end", "0"}); });
  absl::Status status;
  EXPECT_TRUE(Eventually([&] {
    status = world.Execute("SET", "k", {"v"}).status();
    return !status.ok();
  }));
  EXPECT_TRUE(absl::IsUnavailable(status)) << status;
  EXPECT_THAT(Message(status), StartsWith("BUSY"));
  EXPECT_TRUE(world.BecomesDegraded());
  EXPECT_TRUE(Eventually([&] { return server.Do({"SCRIPT", "KILL"}) == "OK"; }));
  busy.join();
  EXPECT_TRUE(Eventually([&] { return world.Execute("SET", "k", {"v"}).ok(); }));
  EXPECT_TRUE(world.BecomesHealthy());
}

TEST(FaultsTest, ADiskThatFailsIsTold) {
  RedisServer server;
  ClientWorld world(server);
  ASSERT_TRUE(world.BecomesHealthy());
  // A folder stands where the snapshot should go.
  std::filesystem::create_directories(server.folder() + "/dump.rdb/full");
  server.Do({"CONFIG", "SET", "save", "3600 1000000"});
  server.Do({"BGSAVE"});
  absl::Status status;
  ASSERT_TRUE(Eventually([&] {
    status = world.Execute("SET", "k", {"v"}).status();
    return !status.ok();
  }));
  EXPECT_TRUE(absl::IsUnavailable(status));
  EXPECT_THAT(Message(status), StartsWith("MISCONF"));
  EXPECT_TRUE(world.BecomesDegraded());
  EXPECT_TRUE(world.Publish("c", "m").ok());
  server.Do({"CONFIG", "SET", "stop-writes-on-bgsave-error", "no"});
  EXPECT_TRUE(world.Execute("SET", "k", {"v"}).ok());
  EXPECT_TRUE(world.BecomesHealthy());
}

TEST(FaultsTest, AServerThatLoadsIsNotTaken) {
  RedisServer server(
      {"--key-load-delay", "1000", "--loading-process-events-interval-bytes", "1024"});
  server.Do({"EVAL", "for i = 1, 1000 do redis.call('SET', 'k' .. i, i) end", "0"});
  ASSERT_EQ(server.Do({"SAVE"}), "OK");
  ClientWorld world(server);
  ASSERT_TRUE(world.BecomesHealthy());
  server.Kill();
  ASSERT_TRUE(world.BecomesDegraded());
  std::thread watch([&] {
    EXPECT_TRUE(Eventually([&] { return world.health().why.starts_with("LOADING"); }));
    EXPECT_TRUE(absl::IsUnavailable(world.Execute("GET", "k").status()));
  });
  server.Start();  // returns when it has loaded
  watch.join();
  EXPECT_TRUE(world.BecomesHealthy());
  EXPECT_EQ(world.new_masters(), 2);
}

}  // namespace
}  // namespace sluice::storage::redis
