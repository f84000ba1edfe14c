// SPDX-License-Identifier: Apache-2.0
//
// Nodes on one Redis: who knows whom, who is called dead and who is not.
#include "storage/redis/nodes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/storage/redis/presence_world.h"

namespace sluice::storage::redis {
namespace {

using ::testing::ElementsAre;
using ::testing::UnorderedElementsAre;

std::vector<std::string> Live(const PresenceNode& node) {
  std::vector<std::string> names;
  for (const Nodes::Node& other : node.nodes().live()) names.push_back(other.name);
  std::sort(names.begin(), names.end());
  return names;
}

bool Knows(PresenceNode& node, const std::vector<std::string>& names) {
  return node.RunUntil([&] { return Live(node) == names; });
}

TEST(Nodes, KnowOneAnotherAndWhoLeavesIsNoDeath) {
  RedisServer server;
  PresenceNode one(server, "n1");
  auto two = std::make_unique<PresenceNode>(server, "n2");
  EXPECT_TRUE(Knows(one, {"n1", "n2"}));
  EXPECT_TRUE(Knows(*two, {"n1", "n2"}));
  two->Leave();
  two.reset();
  EXPECT_TRUE(Knows(one, {"n1"}));
  EXPECT_EQ(one.Noted("dead n2"), 0);
}

TEST(Nodes, WhoComesOrLeavesIsNoticedBeforeTheNextBeat) {
  RedisServer server;
  PresenceNode one(server, "n1", absl::Minutes(10));
  ASSERT_TRUE(one.BecomesHealthy());
  PresenceNode two(server, "n2", absl::Minutes(10));
  EXPECT_TRUE(Knows(one, {"n1", "n2"}));
  EXPECT_TRUE(Knows(two, {"n1", "n2"}));
  two.Leave();
  EXPECT_TRUE(Knows(one, {"n1"}));
}

TEST(Nodes, WhoDoesNotMoveIsDeadWithinALease) {
  RedisServer server;
  PresenceNode one(server, "n1");
  PresenceNode two(server, "n2");
  auto three = std::make_unique<PresenceNode>(server, "n3");
  EXPECT_TRUE(Knows(one, {"n1", "n2", "n3"}));
  EXPECT_TRUE(Knows(two, {"n1", "n2", "n3"}));
  three.reset();
  const Instant died = ReadClocks();
  EXPECT_TRUE(one.RunUntil([&] { return one.Noted("dead n3") > 0 && two.Noted("dead n3") > 0; }));
  EXPECT_LT(ReadClocks().steady - died, absl::Seconds(2));
  EXPECT_GT(ReadClocks().steady - died, absl::Seconds(1));
  EXPECT_TRUE(Knows(one, {"n1", "n2"}));
  // The mark goes after it was told once more.
  EXPECT_TRUE(one.RunUntil([&] { return server.Do({"HLEN", "p:nodes"}) == "3"; }));
  EXPECT_EQ(one.Noted("dead n3"), 2);
}

TEST(Nodes, WhoWakesUpDeadGoesOnAsAnotherEpoch) {
  RedisServer server;
  PresenceNode one(server, "n1");
  PresenceNode two(server, "n2");
  ASSERT_TRUE(Knows(one, {"n1", "n2"}));
  two.Freeze(true);
  ASSERT_TRUE(one.RunUntil([&] { return one.Noted("dead n2") > 0; }));
  two.Freeze(false);
  EXPECT_TRUE(two.RunUntil([&] { return two.Noted("evicted") == 1; }));
  EXPECT_TRUE(Knows(one, {"n1", "n2"}));
  EXPECT_EQ(two.Noted("dead n1"), 0) << "what was not read says nothing";
}

TEST(Nodes, AnOutageIsNobodysDeath) {
  RedisServer server;
  PresenceNode one(server, "n1");
  PresenceNode two(server, "n2");
  ASSERT_TRUE(Knows(one, {"n1", "n2"}));
  server.Signal(SIGSTOP);
  const Instant end = ReadClocks() + absl::Seconds(3);
  one.RunUntil([&] { return ReadClocks() > end; });
  server.Signal(SIGCONT);
  const Instant settled = ReadClocks() + absl::Seconds(3);
  one.RunUntil([&] { return ReadClocks() > settled; });
  EXPECT_TRUE(Knows(one, {"n1", "n2"}));
  for (PresenceNode* node : {&one, &two}) {
    EXPECT_EQ(node->Noted("dead n1") + node->Noted("dead n2"), 0);
    EXPECT_EQ(node->Noted("evicted"), 0);
  }
}

TEST(Nodes, ANameIsOneNodes) {
  RedisServer server;
  PresenceNode one(server, "n1");
  auto before = std::make_unique<PresenceNode>(server, "n2");
  ASSERT_TRUE(Knows(one, {"n1", "n2"}));
  before.reset();
  PresenceNode again(server, "n2");  // one that was started again is no other one
  ASSERT_TRUE(again.BecomesHealthy());
  EXPECT_TRUE(one.RunUntil([&] { return one.Noted("dead n2") > 0; }));
  EXPECT_FALSE(again.presence().health().degraded);
  PresenceNode other(server, "n1");
  EXPECT_TRUE(one.RunUntil(
      [&] { return one.presence().health().why == "another node has this node's name"; }));
}

TEST(Nodes, FactsAreOpaque) {
  RedisServer server;
  PresenceNode one(server, "n1");
  PresenceNode two(server, "n2");
  const std::string facts("\0v1\xff", 4);
  two.SetFacts(facts);
  EXPECT_TRUE(one.RunUntil([&] {
    for (const Nodes::Node& node : one.nodes().live()) {
      if (node.name == "n2" && node.facts == facts) return true;
    }
    return false;
  }));
}

}  // namespace
}  // namespace sluice::storage::redis
