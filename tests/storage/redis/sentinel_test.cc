// SPDX-License-Identifier: Apache-2.0
//
// The client behind three real sentinels, while masters come and go.
#include "storage/redis/sentinels.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/storage/redis/client_world.h"
#include "tests/storage/redis/redis_sentinels.h"
#include "tests/storage/redis/redis_server.h"

namespace sluice::storage::redis {
namespace {

using ::testing::HasSubstr;

Reply Fields(std::vector<std::string> texts) {
  Reply reply{.type = Reply::Type::kArray};
  for (std::string& text : texts) {
    reply.elements.push_back({.type = Reply::Type::kString, .text = std::move(text)});
  }
  return reply;
}

TEST(MasterReportTest, NamesAddressAndEpoch) {
  absl::StatusOr<MasterReport> report = ParseMasterReport(Fields(
      {"name", "m", "ip", "10.0.0.1", "port", "6379", "flags", "master", "config-epoch", "7"}));
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_EQ(report->address, (Address{"10.0.0.1", 6379}));
  EXPECT_EQ(report->epoch, 7);
}

TEST(MasterReportTest, NonsenseIsRefused) {
  EXPECT_FALSE(ParseMasterReport(Fields({"ip", "h", "port", "x"})).ok());
  EXPECT_FALSE(ParseMasterReport(Fields({"ip", "h", "port", "70000"})).ok());
  EXPECT_FALSE(ParseMasterReport(Fields({"port", "1", "ip"})).ok());
  EXPECT_FALSE(ParseMasterReport(Reply{.type = Reply::Type::kError, .text = "ERR No such"}).ok());
  EXPECT_FALSE(ParseMasterReport(Reply()).ok());
}

class SentinelTest : public ::testing::Test, protected RedisSentinels {
 protected:
  void SetUp() override { ASSERT_TRUE(Form()); }

  // What is written and said arrives at this server, once.
  static void ExpectServedBy(RedisServer& server, ClientWorld& world, Ear& ear) {
    ASSERT_TRUE(Eventually([&] {
      return world.Execute("SET", "k", {absl::StrCat("at ", server.port())}).ok() &&
             server.Do({"GET", "p:k"}) == absl::StrCat("at ", server.port());
    }));
    ASSERT_TRUE(Eventually([&] { return server.Do({"PUBSUB", "NUMSUB", "p:c"}) == "p:c 1"; }));
    ASSERT_TRUE(world.BecomesHealthy());
    std::string said = absl::StrCat("said at ", server.port());
    ASSERT_TRUE(world.Publish("c", said).ok());
    ASSERT_TRUE(ear.Waits(said));
    EXPECT_EQ(ear.Count(said), 1);
  }
};

TEST_F(SentinelTest, AKilledMasterIsFollowedByItsReplica) {
  ClientWorld world(Through());
  Ear ear;
  world.Subscribe("c", ear);
  ASSERT_TRUE(ear.Waits("<confirmed>"));
  ExpectServedBy(master_, world, ear);
  EXPECT_EQ(world.new_masters(), 1);
  master_.Kill();
  ASSERT_TRUE(world.BecomesDegraded());
  EXPECT_TRUE(absl::IsUnavailable(world.Publish("c", "lost")));
  ASSERT_TRUE(ear.Waits("<confirmed>", 2));
  EXPECT_EQ(ear.Count("<gap>"), 1);
  ExpectServedBy(replica_, world, ear);
  EXPECT_EQ(world.new_masters(), 2);
}

TEST_F(SentinelTest, AnOldMasterThatWakesIsNotBelieved) {
  ClientWorld world(Through());
  Ear ear;
  world.Subscribe("c", ear);
  ASSERT_TRUE(ear.Waits("<confirmed>"));
  master_.Signal(SIGSTOP);
  ASSERT_TRUE(Eventually([&] { return replica_.Do({"ROLE"}).starts_with("master"); }));
  master_.Signal(SIGCONT);
  ExpectServedBy(replica_, world, ear);
  EXPECT_EQ(world.new_masters(), 2);
}

TEST_F(SentinelTest, AnOrderlyFailoverIsNoticedByAsking) {
  ClientWorld world(Through());
  Ear ear;
  world.Subscribe("c", ear);
  ASSERT_TRUE(ear.Waits("<confirmed>"));
  sentinels_[0]->Do({"SENTINEL", "FAILOVER", "m"});
  ASSERT_TRUE(ear.Waits("<gap>"));
  ASSERT_TRUE(ear.Waits("<confirmed>", 2));
  ExpectServedBy(replica_, world, ear);
  EXPECT_EQ(world.new_masters(), 2);
}

TEST_F(SentinelTest, OneSentinelIsEnough) {
  sentinels_[0]->Kill();
  sentinels_[1]->Signal(SIGSTOP);
  ClientWorld world(Through());
  EXPECT_TRUE(world.BecomesHealthy());
  sentinels_[1]->Signal(SIGCONT);
  ClientWorld stranger(Through("other"));
  EXPECT_TRUE(Eventually(
      [&] { return stranger.health().why.find("No such master") != std::string::npos; }));
  sentinels_[1]->Kill();
  sentinels_[2]->Kill();
  EXPECT_TRUE(Eventually(
      [&] { return stranger.health().why.find("no sentinel is connected") != std::string::npos; }));
  // Who has a master keeps it.
  EXPECT_FALSE(world.health().degraded);
  EXPECT_TRUE(world.Execute("SET", "k", {"v"}).ok());
}

}  // namespace
}  // namespace sluice::storage::redis
