// SPDX-License-Identifier: Apache-2.0
//
// The client against one real server, and what befalls it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <string>

#include "tests/storage/redis/client_world.h"
#include "tests/storage/redis/redis_server.h"

namespace sluice::storage::redis {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(StandaloneTest, CommandsOfOneTurnAreAnsweredInOrder) {
  RedisServer server;
  ClientWorld world(server);
  ASSERT_TRUE(world.BecomesHealthy());
  std::vector<int64_t> counts;
  absl::Notification done;
  world.On([&](Client& client) {
    for (int i = 0; i < 1000; ++i) {
      client.Execute("INCR", "n", {}, [&](const absl::StatusOr<Reply>& reply) {
        counts.push_back(reply.ok() ? reply->integer : -1);
        if (counts.size() == 1000) done.Notify();
      });
    }
    EXPECT_TRUE(counts.empty()) << "told within the call";
  });
  done.WaitForNotification();
  for (int i = 0; i < 1000; ++i) EXPECT_EQ(counts[i], i + 1);
  EXPECT_EQ(server.Do({"GET", "p:n"}), "1000");
  EXPECT_EQ(world.Metric("redis_queued_bytes"), 0);
}

TEST(StandaloneTest, AHostMayBeAName) {
  RedisServer server;
  ClientWorld world(
      QuickOptions(Url{.addresses = {{"localhost", static_cast<uint16_t>(server.port())}}}));
  EXPECT_TRUE(world.BecomesHealthy());
}

TEST(StandaloneTest, AnyBytesPass) {
  RedisServer server;
  ClientWorld world(server);
  ASSERT_TRUE(world.BecomesHealthy());
  std::string bytes("\0\r\n$5\r\n\xff", 9);
  ASSERT_TRUE(world.Execute("SET", "k", {bytes}).ok());
  EXPECT_EQ(world.Execute("GET", "k")->text, bytes);
}

TEST(StandaloneTest, AnAnswerThatLooksLikeAMessageIsAnAnswer) {
  RedisServer server;
  ClientWorld world(server);
  ASSERT_TRUE(world.BecomesHealthy());
  ASSERT_TRUE(world.Execute("RPUSH", "k", {"message", "a", "b"}).ok());
  EXPECT_EQ(world.Execute("LRANGE", "k", {"0", "-1"})->elements.size(), 3u);
}

TEST(StandaloneTest, ErrorsOfRedisAreStatuses) {
  RedisServer server;
  ClientWorld world(server);
  ASSERT_TRUE(world.BecomesHealthy());
  ASSERT_TRUE(world.Execute("SET", "k", {"text"}).ok());
  absl::Status status = world.Execute("HGET", "k", {"f"}).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInternal);
  EXPECT_THAT(std::string(status.message()), HasSubstr("WRONGTYPE"));
  server.Do({"CONFIG", "SET", "maxmemory", "1"});
  EXPECT_TRUE(absl::IsResourceExhausted(world.Execute("SET", "k", {"v"}).status()));
  EXPECT_TRUE(world.Execute("DEL", "k").ok());
}

TEST(StandaloneTest, ScriptsAreSentAsTextWhereTheyAreNotKnown) {
  RedisServer server;
  ClientWorld world(server);
  ASSERT_TRUE(world.BecomesHealthy());
  Script script("return redis.call('INCRBY', KEYS[1], ARGV[1])");
  EXPECT_EQ(world.Run(script, "n", {"2"})->integer, 2);
  EXPECT_EQ(world.Run(script, "n", {"2"})->integer, 4);
  server.Do({"SCRIPT", "FLUSH"});
  EXPECT_EQ(world.Run(script, "n", {"2"})->integer, 6);
  EXPECT_THAT(server.Do({"INFO", "commandstats"}), HasSubstr("cmdstat_eval:calls=2,"));
}

TEST(StandaloneTest, NothingWaitsForAServerThatIsAway) {
  RedisServer server;
  ClientWorld world(server);
  ASSERT_TRUE(world.BecomesHealthy());
  server.Kill();
  ASSERT_TRUE(world.BecomesDegraded());
  EXPECT_THAT(world.health().why, HasSubstr(ToString(server.address())));
  EXPECT_TRUE(absl::IsUnavailable(world.Execute("GET", "k").status()));
  EXPECT_TRUE(absl::IsUnavailable(world.Publish("c", "m")));
  server.Start();
  EXPECT_TRUE(world.BecomesHealthy());
  EXPECT_TRUE(world.Execute("GET", "k").ok());
}

TEST(StandaloneTest, AStoppedServerFailsCommandsByTheirDeadline) {
  RedisServer server;
  Options options = QuickOptions(Url{.addresses = {server.address()}});
  options.command_timeout = absl::Milliseconds(200);
  options.silence = absl::Seconds(30);
  ClientWorld world(options);
  ASSERT_TRUE(world.BecomesHealthy());
  server.Signal(SIGSTOP);
  EXPECT_TRUE(absl::IsDeadlineExceeded(world.Execute("SET", "k", {"late"}).status()));
  server.Signal(SIGCONT);
  // The late answer is not taken for the next one's.
  EXPECT_TRUE(Eventually([&] { return server.Do({"GET", "p:k"}) == "late"; }));
  EXPECT_EQ(world.Execute("GET", "k")->text, "late");
  EXPECT_EQ(world.Metric("redis_connects_total"), 1);
}

TEST(StandaloneTest, AStoppedServerIsLeftAfterItsSilence) {
  RedisServer server;
  ClientWorld world(server);
  Ear ear;
  world.Subscribe("c", ear);
  ASSERT_TRUE(ear.Waits("<confirmed>"));
  server.Signal(SIGSTOP);
  // Both connections were idle: their pings find out.
  EXPECT_TRUE(ear.Waits("<gap>"));
  EXPECT_TRUE(world.BecomesDegraded());
  EXPECT_TRUE(Eventually([&] { return world.Metric("redis_silent_total") >= 2; }));
  server.Signal(SIGCONT);
  EXPECT_TRUE(ear.Waits("<confirmed>", 2));
  EXPECT_TRUE(world.BecomesHealthy());
}

TEST(StandaloneTest, IdleConnectionsStay) {
  RedisServer server;
  ClientWorld world(server);
  Ear ear;
  world.Subscribe("c", ear);
  ASSERT_TRUE(ear.Waits("<confirmed>"));
  ASSERT_TRUE(Eventually([&] {
    return server.Do({"INFO", "commandstats"}).find("cmdstat_ping:calls=2") != std::string::npos;
  }));
  EXPECT_EQ(world.Metric("redis_connects_total"), 2);
  EXPECT_THAT(ear.heard(), ElementsAre("<confirmed>"));
}

TEST(StandaloneTest, AFullQueueRefuses) {
  RedisServer server;
  Options options = QuickOptions(Url{.addresses = {server.address()}});
  options.queue_bytes = 64 << 10;
  options.silence = absl::Seconds(30);
  ClientWorld world(options);
  ASSERT_TRUE(world.BecomesHealthy());
  server.Signal(SIGSTOP);
  world.On([](Client& client) {
    client.Execute("SET", "k", {std::string(60 << 10, 'x')}, [](const absl::StatusOr<Reply>&) {});
  });
  EXPECT_TRUE(absl::IsResourceExhausted(world.Publish("c", std::string(8 << 10, 'x'))));
  EXPECT_EQ(world.Metric("redis_errors_total"), 1);
  server.Signal(SIGCONT);
  EXPECT_TRUE(Eventually([&] { return world.Publish("c", std::string(8 << 10, 'x')).ok(); }));
}

TEST(StandaloneTest, TheSameMasterIsNotNew) {
  RedisServer server;
  ClientWorld world(server);
  ASSERT_TRUE(world.BecomesHealthy());
  server.Do({"CLIENT", "KILL", "TYPE", "normal"});
  ASSERT_TRUE(Eventually([&] { return world.Metric("redis_connects_total") == 2; }));
  ASSERT_TRUE(world.BecomesHealthy());
  EXPECT_EQ(world.new_masters(), 1);
}

TEST(StandaloneTest, AReplicaIsNotTaken) {
  RedisServer master;
  RedisServer replica({"--replicaof", "127.0.0.1 " + std::to_string(master.port())});
  ClientWorld world(replica);
  ASSERT_TRUE(Eventually([&] { return world.health().why.find("slave") != std::string::npos; }));
  EXPECT_TRUE(absl::IsUnavailable(world.Publish("c", "m")));
  replica.Do({"REPLICAOF", "NO", "ONE"});
  EXPECT_TRUE(world.BecomesHealthy());
}

TEST(StandaloneTest, AMasterThatBecomesAReplicaIsLeft) {
  RedisServer master;
  RedisServer server;
  ClientWorld world(server);
  ASSERT_TRUE(world.BecomesHealthy());
  server.Do({"REPLICAOF", "127.0.0.1", std::to_string(master.port())});
  EXPECT_TRUE(Eventually([&] {
    EXPECT_TRUE(absl::IsUnavailable(world.Execute("SET", "k", {"v"}).status()));
    return world.health().degraded;
  }));
  // Back, it has what the other one had.
  server.Do({"REPLICAOF", "NO", "ONE"});
  EXPECT_TRUE(world.BecomesHealthy());
  EXPECT_EQ(world.new_masters(), 2);
}

TEST(StandaloneTest, AFailedCallIsToldWhenTheClientStops) {
  RedisServer server;
  ClientWorld world(server);
  ASSERT_TRUE(world.BecomesHealthy());
  server.Signal(SIGSTOP);
  absl::StatusOr<Reply> result;
  world.On([&](Client& client) {
    client.Execute("GET", "k", {}, [&](absl::StatusOr<Reply> r) { result = std::move(r); });
  });
  world.thread().Stop();
  EXPECT_TRUE(absl::IsUnavailable(result.status()));
}

}  // namespace
}  // namespace sluice::storage::redis
