// SPDX-License-Identifier: Apache-2.0
//
// Several nodes with one presence: ids are unique among them, and whoever goes is told of once.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>

#include "absl/strings/str_cat.h"
#include "tests/storage/redis/presence_world.h"

namespace sluice::storage::redis {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

struct PresenceNodesTest : testing::Test {
  PresenceNodesTest() {
    for (PresenceNode* node : {&one, &two}) EXPECT_TRUE(node->BecomesHealthy());
  }
  // All nodes run, for so long.
  void Pass(absl::Duration time) {
    const Instant end = ReadClocks() + time;
    one.RunUntil([&] {
      two.RunUntil([] { return true; });
      return ReadClocks() > end;
    });
  }

  // Node two takes "a" over, and is not answered.
  void TakeInVain() {
    ASSERT_TRUE(two.TryClaim(two.Record("b", 2)).ok());
    server.Signal(SIGSTOP);
    EXPECT_EQ(two.TryClaim(two.Record("a", 1), ClaimPolicy::kTakeover).status().code(),
              absl::StatusCode::kUnavailable);
    server.Signal(SIGCONT);
  }

  RedisServer server;
  PresenceNode one{server, "n1"};
  PresenceNode two{server, "n2"};
};

TEST_F(PresenceNodesTest, AnIdIsOneNodes) {
  ASSERT_TRUE(one.TryClaim(one.Record("a", 1, "ann")).ok());
  auto held = two.TryClaim(two.Record("a", 1, "ann"));
  ASSERT_TRUE(held.ok());
  EXPECT_EQ(held->result, Claim::Result::kHeld);
  EXPECT_EQ(held->holder.node, "n1");
  EXPECT_THAT(two.Members(), ElementsAre("a@n1"));
}

TEST_F(PresenceNodesTest, ATakeoverAcrossNodesIsNoChangeAndCannotBeUndone) {
  one.Watch();
  two.Watch();
  ASSERT_TRUE(one.TryClaim(one.Record("a", 1, "ann")).ok());
  auto claim = two.TryClaim(two.Record("a", 1, "ann"), ClaimPolicy::kSameUser);
  ASSERT_TRUE(claim.ok());
  EXPECT_EQ(claim->result, Claim::Result::kTakenOver);
  EXPECT_EQ(claim->holder.node, "n1");
  one.Release("a");
  one.presence().Update(one.Record("a", 1, "eve"));
  EXPECT_TRUE(one.RunUntil([&] { return one.Members() == std::vector<std::string>{"a@n2"}; }));
  Pass(absl::Milliseconds(300));
  EXPECT_THAT(one.told, ElementsAre("+a"));
  EXPECT_THAT(two.told, ElementsAre("+a"));
}

// Normally the heir's node tells it itself, much sooner.
TEST_F(PresenceNodesTest, WhoWasTakenOverAndNotToldIsLostAfterAWhile) {
  ASSERT_TRUE(one.TryClaim(one.Record("a", 1)).ok());
  ASSERT_TRUE(two.TryClaim(two.Record("a", 1), ClaimPolicy::kTakeover).ok());
  EXPECT_TRUE(one.RunUntil([&] { return !one.lost.empty(); }));
  EXPECT_THAT(one.lost, ElementsAre("a"));
}

// A claim that Redis carries out after the client was told that nobody knows takes the id from its
// holder, who is not told; and then it goes.
TEST_F(PresenceNodesTest, WhoLosesAnIdToAClaimThatIsGivenUpClaimsItAgain) {
  ASSERT_TRUE(one.TryClaim(one.Record("a", 1)).ok());
  one.Watch();
  TakeInVain();
  ASSERT_TRUE(two.RunUntil([&] { return two.Metric("presence_disputed_total") == 1; }));
  EXPECT_TRUE(one.RunUntil([&] { return one.Members().size() == 2; }));
  EXPECT_THAT(one.Members(), ElementsAre("a@n1", "b@n2"));
  EXPECT_THAT(one.lost, IsEmpty());
}

TEST_F(PresenceNodesTest, WhoLosesAnIdToAClaimThatIsKeptIsToldOfIt) {
  ASSERT_TRUE(one.TryClaim(one.Record("a", 1)).ok());
  TakeInVain();
  two.presence().Keep(two.Record("a", 1), ClaimPolicy::kTakeover);
  EXPECT_TRUE(one.RunUntil([&] { return !one.lost.empty(); }));
  EXPECT_THAT(one.lost, ElementsAre("a"));
  EXPECT_THAT(two.Members(), ElementsAre("a@n2", "b@n2"));
}

TEST_F(PresenceNodesTest, OfADeadNodeEachObserverIsToldOnce) {
  auto three = std::make_unique<PresenceNode>(server, "n3");
  PresenceNode four(server, "n4");
  ASSERT_TRUE(three->BecomesHealthy());
  ASSERT_TRUE(four.BecomesHealthy());
  one.Watch();
  two.Watch();
  four.Watch();
  constexpr int kMembers = 1200;  // more than go at once
  for (int i = 0; i < kMembers; ++i) {
    three->presence().TryClaim(three->Record(absl::StrCat("c", i)), ClaimPolicy::kReject,
                               three->home(), [](auto, Now) {});
  }
  ASSERT_TRUE(one.TryClaim(one.Record("stays")).ok());
  std::vector<PresenceNode*> observers = {&one, &two, &four};
  for (PresenceNode* node : observers) {
    ASSERT_TRUE(node->RunUntil([&] { return node->told.size() == kMembers + 1; }));
    node->told.clear();
  }
  three.reset();
  const Instant died = ReadClocks();
  for (PresenceNode* node : observers) {
    EXPECT_TRUE(node->RunUntil([&] { return node->told.size() >= kMembers; }));
  }
  EXPECT_LT(ReadClocks().steady - died, absl::Seconds(2)) << "one lease";
  Pass(absl::Seconds(1));
  four.RunUntil([] { return true; });
  for (PresenceNode* node : observers) {
    std::sort(node->told.begin(), node->told.end());
    EXPECT_EQ(node->told.size(), kMembers);
    EXPECT_EQ(std::unique(node->told.begin(), node->told.end()), node->told.end());
    EXPECT_THAT(node->Members(), ElementsAre("stays@n1"));
  }
  EXPECT_EQ(server.Do({"KEYS", "p:spaces:*:n3"}), "");
}

TEST_F(PresenceNodesTest, WhoeverWakesUpDeadKeepsWhatNobodyTookAndLosesTheRest) {
  two.Watch();
  ASSERT_TRUE(one.TryClaim(one.Record("a", 1)).ok());
  ASSERT_TRUE(one.TryClaim(one.Record("b", 2)).ok());
  one.Freeze(true);
  ASSERT_TRUE(two.RunUntil([&] { return two.Told("-a") == 1 && two.Told("-b") == 1; }));
  PresenceRecord younger = two.Record("a", 7);
  younger.connected_at += absl::Seconds(10);
  EXPECT_EQ(two.TryClaim(younger)->result, Claim::Result::kNew);
  one.Freeze(false);
  ASSERT_TRUE(one.RunUntil([&] { return one.Noted("evicted") == 1 && one.lost.size() == 1; }));
  EXPECT_THAT(one.lost, ElementsAre("a"));
  EXPECT_EQ(one.Metric("presence_lost_total"), 1);
  EXPECT_EQ(one.Metric("nodes_evicted_total"), 1);
  EXPECT_TRUE(two.RunUntil([&] { return two.Told("+b") == 2; }));
  EXPECT_THAT(two.Members(), ElementsAre("a@n2", "b@n1"));
  EXPECT_TRUE(one.BecomesHealthy());
  Pass(absl::Seconds(3));  // the old epoch is buried, and takes nothing along
  EXPECT_EQ(two.Metric("nodes_died_total"), 1) << "told twice, counted once";
  EXPECT_THAT(two.Members(), ElementsAre("a@n2", "b@n1"));
  EXPECT_THAT(two.told, ElementsAre("+a", "+b", "-a", "-b", "+a", "+b"));
}

// Both hold it once the store has forgotten who did; the younger one keeps it if it may take over.
TEST_F(PresenceNodesTest, AConflictAfterALossIsSettledByThePolicy) {
  PresenceRecord older = one.Record("a", 1);
  PresenceRecord younger = two.Record("a", 2);
  younger.connected_at += absl::Seconds(10);
  one.Freeze(true);  // does not hear that it is lost
  ASSERT_TRUE(two.RunUntil([&] { return two.Noted("dead n1") > 0; }));
  one.Freeze(false);
  ASSERT_TRUE(one.BecomesHealthy());
  ASSERT_TRUE(one.TryClaim(older, ClaimPolicy::kTakeover).ok());
  server.Do({"DEL", "p:presence:{:chat}"});  // a lost write
  ASSERT_TRUE(two.TryClaim(younger, ClaimPolicy::kTakeover).ok());
  server.Do({"CLIENT", "KILL", "TYPE", "pubsub"});  // deaf for a moment: each claims again
  EXPECT_TRUE(one.RunUntil([&] { return one.lost.size() == 1; }));
  EXPECT_THAT(one.lost, ElementsAre("a"));
  EXPECT_THAT(two.lost, IsEmpty());
  EXPECT_THAT(two.Members(), ElementsAre("a@n2"));
}

TEST_F(PresenceNodesTest, WhatADeadNodeLeftIsToldOnOneNodeAlone) {
  PresenceNode three(server, "n3");
  ASSERT_TRUE(three.BecomesHealthy());
  ASSERT_TRUE(one.TryClaim(one.Record("a", 1)).ok());
  ASSERT_TRUE(one.TryClaim(one.Record("b", 2)).ok());
  ASSERT_TRUE(two.TryClaim(two.Record("c", 3)).ok());
  one.Freeze(true);
  for (PresenceNode* node : {&two, &three}) {
    EXPECT_TRUE(node->RunUntil([&] { return node->Noted("buried n1") == 1; }));
  }
  std::vector<std::string> buried = two.buried;
  buried.insert(buried.end(), three.buried.begin(), three.buried.end());
  EXPECT_THAT(buried, UnorderedElementsAre("a", "b"));
  // The death is told once more, and what was told is not.
  Pass(absl::Seconds(3));
  two.RunUntil([&] { return two.Noted("dead n1") > 1; });
  EXPECT_EQ(two.Noted("buried n1"), 1);
  EXPECT_EQ(two.buried.size() + three.buried.size(), 2u);
}

TEST_F(PresenceNodesTest, WhatADeafNodeMissedIsToldAsTheDifference) {
  ASSERT_TRUE(one.TryClaim(one.Record("a", 1)).ok());
  two.Watch();
  EXPECT_EQ(two.Metric("presence_missed_total"), 0);
  server.Do({"CLIENT", "KILL", "TYPE", "pubsub"});
  one.Release("a");
  ASSERT_TRUE(one.TryClaim(one.Record("b", 2)).ok());
  EXPECT_TRUE(two.RunUntil([&] { return two.told.size() >= 2; }));
  EXPECT_THAT(two.told, UnorderedElementsAre("-a", "+b"));
  EXPECT_THAT(two.Members(), ElementsAre("b@n1"));
  EXPECT_EQ(two.Metric("presence_missed_total"), 1);
}

TEST_F(PresenceNodesTest, AFlushedDatabaseIsNobodysLeave) {
  one.Watch();
  two.Watch();
  ASSERT_TRUE(one.TryClaim(one.Record("a", 1)).ok());
  ASSERT_TRUE(two.TryClaim(two.Record("b", 2)).ok());
  server.Do({"FLUSHALL"});
  EXPECT_TRUE(one.RunUntil([&] { return one.Count().value_or(0) == 2; }));
  Pass(absl::Seconds(3));
  for (PresenceNode* node : {&one, &two}) {
    std::sort(node->told.begin(), node->told.end());
    EXPECT_THAT(node->told, ElementsAre("+a", "+b"));
    EXPECT_THAT(node->Members(), ElementsAre("a@n1", "b@n2"));
    EXPECT_EQ(node->Noted("evicted"), 0);
    EXPECT_THAT(node->lost, IsEmpty());
  }
}

}  // namespace
}  // namespace sluice::storage::redis
