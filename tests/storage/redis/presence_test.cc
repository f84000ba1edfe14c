// SPDX-License-Identifier: Apache-2.0
//
// RedisPresence of one node keeps what every presence promises, and what befalls its Redis.
#include "storage/redis/presence.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "storage/redis/presence_codec.h"
#include "tests/storage/presence_contract.h"
#include "tests/storage/presence_contract_lists.h"
#include "tests/storage/redis/presence_world.h"

namespace sluice::storage {
namespace {

using redis::PresenceNode;
using redis::RedisServer;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class RedisHarness final : public PresenceHarness {
 public:
  RedisHarness() { EXPECT_TRUE(node_.BecomesHealthy()); }
  Presence& presence() override { return node_.presence(); }
  Executor& home() override { return node_.home(); }
  void RunUntil(const std::function<bool()>& done) override { ASSERT_TRUE(node_.RunUntil(done)); }

 private:
  RedisServer server_;
  PresenceNode node_{server_, "node-1"};
};

INSTANTIATE_TEST_SUITE_P(Redis, PresenceContract,
                         testing::Values([]() -> std::unique_ptr<PresenceHarness> {
                           return std::make_unique<RedisHarness>();
                         }));

std::vector<std::string> Names(int count) {
  std::vector<std::string> names;
  for (int i = 0; i < count; ++i) names.push_back(absl::StrCat("c", i));
  return names;
}

// In waves, as a machine that is busy answers thousands at once too late.
void ClaimAll(PresenceNode& node, const std::vector<std::string>& ids) {
  constexpr size_t kWave = 250;
  size_t claimed = 0;
  ASSERT_TRUE(node.TryClaim(node.Record(ids.front())).ok());  // Redis knows the script by then
  for (size_t next = 0; next < ids.size();) {
    for (size_t end = std::min(ids.size(), next + kWave); next < end; ++next) {
      node.presence().TryClaim(
          node.Record(ids[next]), ClaimPolicy::kReject, node.home(),
          [&](const absl::StatusOr<Claim>& claim, Now) { claimed += claim.ok(); });
    }
    ASSERT_TRUE(node.RunUntil([&] { return claimed == next; }));
  }
}

TEST(RedisPresence, AFlushedDatabaseIsWholeAgainWithoutAWord) {
  RedisServer server;
  PresenceNode node(server, "n1");
  ASSERT_TRUE(node.BecomesHealthy());
  ClaimAll(node, {"a", "b", "c"});
  node.Watch();
  server.Do({"FLUSHALL"});
  ASSERT_TRUE(node.RunUntil([&] { return node.Count().value_or(0) == 3; }));
  EXPECT_EQ(node.Noted("forgotten"), 1);
  EXPECT_EQ(node.Metric("nodes_forgotten_total"), 1);
  EXPECT_GE(node.Metric("presence_claimed_again_total"), 3);
  EXPECT_TRUE(node.BecomesHealthy());
  EXPECT_THAT(node.Members(), ElementsAre("a@n1", "b@n1", "c@n1"));
  EXPECT_THAT(node.told, IsEmpty());
  node.Release("b");
  EXPECT_TRUE(node.RunUntil([&] { return node.Told("-b") == 1; }));
  EXPECT_THAT(node.told, ElementsAre("-b"));
  EXPECT_THAT(node.lost, IsEmpty());
}

TEST(RedisPresence, AnEmptyMasterIsFilledAgain) {
  RedisServer server;
  PresenceNode node(server, "n1");
  ASSERT_TRUE(node.BecomesHealthy());
  ClaimAll(node, {"a", "b"});
  node.Watch();
  server.Kill();
  ASSERT_TRUE(node.RunUntil([&] { return node.presence().health().degraded; }));
  EXPECT_FALSE(node.TryClaim(node.Record("c")).ok());
  EXPECT_EQ(node.TryClaim(node.Record("c")).status().code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(node.List().status().code(), absl::StatusCode::kUnavailable) << "no list is not empty";
  EXPECT_EQ(node.Count().status().code(), absl::StatusCode::kUnavailable);
  node.Release("b");
  server.Start();
  ASSERT_TRUE(node.BecomesHealthy());
  ASSERT_TRUE(node.RunUntil([&] { return node.Members() == std::vector<std::string>{"a@n1"}; }));
  EXPECT_THAT(node.told, ElementsAre("-b"));
  EXPECT_THAT(node.lost, IsEmpty());
}

TEST(RedisPresence, TenThousandAreClaimedAgainWithinTwoSeconds) {
  RedisServer server;
  PresenceNode node(server, "n1", absl::Seconds(4));
  ASSERT_TRUE(node.BecomesHealthy());
  ClaimAll(node, Names(10000));
  server.Kill();
  server.Start();
  const Instant back = ReadClocks();
  ASSERT_TRUE(node.RunUntil([&] { return node.Count().value_or(0) == 10000; }));
  EXPECT_TRUE(node.BecomesHealthy());
  const absl::Duration took = ReadClocks().steady - back;
  EXPECT_LT(took, absl::Seconds(2));
  RecordProperty("seconds", absl::StrCat(absl::ToDoubleSeconds(took)));
}

// A script that Redis has forgotten is sent once more, so that what was said behind it comes first.
TEST(RedisPresence, WhatIsGivenUpWhileItIsClaimedAgainStaysGone) {
  RedisServer server;
  PresenceNode node(server, "n1");
  ASSERT_TRUE(node.BecomesHealthy());
  const std::vector<std::string> names = Names(3000);
  ClaimAll(node, names);
  ASSERT_TRUE(node.TryClaim(node.Record("z")).ok());
  server.Do({"SCRIPT", "FLUSH"});
  node.Release("z");  // by a script that it knows again from then on
  ASSERT_TRUE(node.RunUntil([&] { return node.Count().value_or(0) == names.size(); }));
  node.ClaimAgain([] {});
  // All the time until that has happened, which is a matter of 100 ms.
  for (const std::string& name : names) {
    node.Release(name);
    const Instant next = ReadClocks().steady + absl::Microseconds(50);
    while (ReadClocks().steady < next) {
    }
  }
  EXPECT_TRUE(node.RunUntil([&] { return node.Count().value_or(1) == 0; }, absl::Seconds(5)))
      << node.Count().value_or(0) << " are there still";
}

// So none overtakes another one.
TEST(RedisPresence, OneStateOfARecordIsToldAfterTheOther) {
  RedisServer server;
  PresenceNode node(server, "n1");
  ASSERT_TRUE(node.BecomesHealthy());
  ASSERT_TRUE(node.TryClaim(node.Record("a")).ok());
  auto say = [&](const std::string& detail) {
    PresenceRecord record = node.Record("a");
    record.detail = detail;
    node.presence().Update(record);
  };
  auto says = [&](const std::string& detail) {
    auto list = node.List();
    return list.ok() && list->size() == 1 && list->front().detail == detail;
  };
  const std::string set = "p:" + redis::SpaceKey("chat");
  const auto version = [&] { return server.Do({"ZRANGE", set, "-1", "-1", "WITHSCORES"}); };
  const std::string before = version();
  ASSERT_THAT(before, EndsWith(" 1"));
  server.Signal(SIGSTOP);
  for (int i = 0; i < 100; ++i) say(absl::StrCat("detail ", i));
  server.Signal(SIGCONT);
  EXPECT_TRUE(node.RunUntil([&] { return says("detail 99"); }));
  EXPECT_THAT(version(), EndsWith(" 3")) << "the first, and what it came to";
  // While it is claimed again, too.
  server.Signal(SIGSTOP);
  node.ClaimAgain([] {});
  for (int i = 0; i < 100; ++i) say(absl::StrCat("again ", i));
  server.Signal(SIGCONT);
  EXPECT_TRUE(node.RunUntil([&] { return says("again 99"); }));
}

TEST(RedisPresence, WithoutMemoryOnlyWhatIsNewIsRefused) {
  RedisServer server;
  PresenceNode node(server, "n1");
  ASSERT_TRUE(node.BecomesHealthy());
  ClaimAll(node, {"a", "b"});
  node.Watch();
  server.Do({"CONFIG", "SET", "maxmemory", "1"});
  EXPECT_EQ(node.TryClaim(node.Record("c")).status().code(), absl::StatusCode::kResourceExhausted);
  node.Release("a");
  EXPECT_TRUE(node.RunUntil([&] { return node.Told("-a") == 1; }));
  EXPECT_THAT(node.Members(), ElementsAre("b@n1"));
  // For more than two leases nobody dies of it.
  const Instant end = ReadClocks() + absl::Seconds(5);
  node.RunUntil([&] { return ReadClocks() > end; });
  EXPECT_EQ(node.Noted("evicted"), 0);
  server.Do({"CONFIG", "SET", "maxmemory", "0"});
  EXPECT_TRUE(node.TryClaim(node.Record("c")).ok());
  EXPECT_THAT(node.told, ElementsAre("-a", "+c"));
}

// Nothing in Redis has a time to live, nobody asks it for the time, and who only sits there costs
// next to nothing.
TEST(RedisPresence, AnIdleNodeCostsAFewCommandsAndNoClock) {
  RedisServer server;
  PresenceNode node(server, "n1", absl::Seconds(60));
  ASSERT_TRUE(node.BecomesHealthy());
  ClaimAll(node, Names(1000));
  node.Watch();
  EXPECT_THAT(server.Do({"INFO", "keyspace"}), HasSubstr("expires=0"));
  const std::string all = server.Do({"INFO", "commandstats"});
  for (const char* command : {"expire", "pexpire", "set:", "time:", "keys:", "scan:"}) {
    EXPECT_THAT(all, Not(HasSubstr(absl::StrCat("cmdstat_", command))));
  }
  server.Do({"CONFIG", "RESETSTAT"});
  const Instant end = ReadClocks() + absl::Seconds(3);
  node.RunUntil([&] { return ReadClocks() > end; });
  int64_t calls = 0;
  for (const absl::string_view part :
       absl::StrSplit(server.Do({"INFO", "commandstats"}), absl::ByAnyChar("\r\n"))) {
    const std::pair<std::string, std::string> sides = absl::StrSplit(part, "calls=");
    int64_t number = 0;
    const std::vector<std::string> words = absl::StrSplit(sides.second, ',');
    const bool pings = absl::StrContains(part, "cmdstat_ping");  // twice in QuickOptions' 100 ms
    if (!pings && absl::SimpleAtoi(words.front(), &number)) calls += number;
  }
  EXPECT_LT(calls, 10);
}

// A snapshot, or a replica that was behind, has what ended since.
TEST(RedisPresence, WhatComesBackWithAnOldSnapshotGoesAgain) {
  RedisServer server({"--save", ""});
  PresenceNode node(server, "n1");
  ASSERT_TRUE(node.BecomesHealthy());
  ClaimAll(node, {"a", "b"});
  ASSERT_EQ(server.Do({"SAVE"}), "OK");
  node.Release("a");
  ClaimAll(node, {"c"});
  ASSERT_TRUE(node.RunUntil([&] { return node.Count().value_or(0) == 2; }));
  server.Kill();
  server.Start();
  EXPECT_TRUE(node.BecomesHealthy());
  const std::vector<std::string> whole = {"b@n1", "c@n1"};
  EXPECT_TRUE(node.RunUntil([&] { return node.Members() == whole; }));
  EXPECT_EQ(node.Count().value_or(0), 2);
  EXPECT_THAT(node.lost, IsEmpty());
}

// --storage-down accept.
TEST(RedisPresence, WhoWasLetInWhileRedisWasAwayIsClaimedThen) {
  RedisServer server;
  PresenceNode node(server, "n1");
  ASSERT_TRUE(node.BecomesHealthy());
  server.Kill();
  ASSERT_TRUE(node.RunUntil([&] { return node.presence().health().degraded; }));
  EXPECT_FALSE(node.TryClaim(node.Record("a")).ok());
  node.presence().Keep(node.Record("a"), ClaimPolicy::kReject);
  server.Start();
  EXPECT_TRUE(node.BecomesHealthy());
  EXPECT_TRUE(node.RunUntil([&] { return node.Members() == std::vector<std::string>{"a@n1"}; }));
  EXPECT_THAT(node.lost, IsEmpty());
}

TEST(RedisPresence, WhatRedisHasForgottenIsStillHeldHere) {
  RedisServer server;
  PresenceNode node(server, "n1", absl::Seconds(60));
  ASSERT_TRUE(node.BecomesHealthy());
  ClaimAll(node, {"a", "b"});
  server.Do({"FLUSHALL"});  // is not noticed for seconds
  auto held = node.TryClaim(node.Record("a", 2));
  ASSERT_TRUE(held.ok());
  EXPECT_EQ(held->result, Claim::Result::kHeld);
  EXPECT_EQ(held->holder.session, 1);
  auto taken = node.TryClaim(node.Record("b", 2), ClaimPolicy::kTakeover);
  ASSERT_TRUE(taken.ok());
  EXPECT_EQ(taken->result, Claim::Result::kTakenOver);
  EXPECT_EQ(taken->holder.session, 1);
}

TEST(RedisPresence, WhoHasItByNowIsNamedThoughThisNodeHasNotHeardOfIt) {
  RedisServer server;
  PresenceNode n1(server, "n1", absl::Seconds(60));
  PresenceNode n2(server, "n2", absl::Seconds(60));
  ASSERT_TRUE(n1.BecomesHealthy() && n2.BecomesHealthy());
  ClaimAll(n1, {"a"});
  server.Do({"FLUSHALL"});  // is not noticed for seconds
  ASSERT_EQ(n2.TryClaim(n2.Record("a", 5))->result, Claim::Result::kNew);
  auto taken = n1.TryClaim(n1.Record("a", 2), ClaimPolicy::kTakeover);
  ASSERT_TRUE(taken.ok());
  EXPECT_EQ(taken->result, Claim::Result::kTakenOver);
  EXPECT_EQ(taken->holder.node, "n2");
  EXPECT_EQ(taken->holder.session, 5);
  EXPECT_TRUE(n1.RunUntil([&] { return n1.lost == std::vector<std::string>{"a"}; }));
}

TEST(RedisPresence, AClaimThatWasNotAnsweredLeavesNothingBehind) {
  RedisServer server;
  PresenceNode node(server, "n1");
  ASSERT_TRUE(node.BecomesHealthy());
  ClaimAll(node, {"a"});
  server.Do({"CLIENT", "PAUSE", "2500", "ALL"});
  EXPECT_EQ(node.TryClaim(node.Record("b")).status().code(), absl::StatusCode::kUnavailable);
  ASSERT_TRUE(node.BecomesHealthy());
  EXPECT_TRUE(node.RunUntil([&] { return node.Members() == std::vector<std::string>{"a@n1"}; }));
  EXPECT_EQ(node.TryClaim(node.Record("b", 2))->result, Claim::Result::kNew);
}

}  // namespace
}  // namespace sluice::storage
