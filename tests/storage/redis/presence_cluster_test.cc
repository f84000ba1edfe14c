// SPDX-License-Identifier: Apache-2.0
//
// RedisPresence on a real cluster of three masters.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "tests/storage/presence_contract.h"
#include "tests/storage/presence_contract_lists.h"
#include "tests/storage/redis/presence_world.h"
#include "tests/storage/redis/redis_cluster.h"

namespace sluice::storage {
namespace {

using redis::PresenceNode;
using redis::RedisCluster;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

// One cluster for all; each test has a prefix of its own.
RedisCluster& Shared() {
  static auto* const cluster = [] {
    auto* formed = new RedisCluster();
    EXPECT_TRUE(formed->Form());
    return formed;
  }();
  return *cluster;
}

redis::Options Through(RedisCluster& cluster) {
  static int tests = 0;
  redis::Options options = cluster.Through();
  options.key_prefix = absl::StrCat("p", ++tests, ":");
  return options;
}

class ClusterHarness final : public PresenceHarness {
 public:
  ClusterHarness() { EXPECT_TRUE(node_.BecomesHealthy()); }
  Presence& presence() override { return node_.presence(); }
  Executor& home() override { return node_.home(); }
  void RunUntil(const std::function<bool()>& done) override { ASSERT_TRUE(node_.RunUntil(done)); }

 private:
  PresenceNode node_{Through(Shared()), "node-1"};
};

INSTANTIATE_TEST_SUITE_P(Cluster, PresenceContract,
                         testing::Values([]() -> std::unique_ptr<PresenceHarness> {
                           return std::make_unique<ClusterHarness>();
                         }));

TEST(RedisPresence, AMovedSlotTakesItsNamespaceAlong) {
  RedisCluster cluster;
  ASSERT_TRUE(cluster.Form());
  PresenceNode one(cluster.Through(), "n1");
  PresenceNode two(cluster.Through(), "n2");
  for (PresenceNode* node : {&one, &two}) {
    ASSERT_TRUE(node->BecomesHealthy());
    node->Watch();
  }
  const std::string key = "p:presence:{:chat}";
  ASSERT_TRUE(one.TryClaim(one.Record("a")).ok());
  const int from = RedisCluster::OwnerOf(key);
  const int to = (from + 1) % RedisCluster::kMasters;
  const std::string slot = absl::StrCat(redis::SlotOf(key));
  ASSERT_EQ(cluster.Do(to, {"CLUSTER", "SETSLOT", slot, "IMPORTING", cluster.Id(from)}), "OK");
  ASSERT_EQ(cluster.Do(from, {"CLUSTER", "SETSLOT", slot, "MIGRATING", cluster.Id(to)}), "OK");
  ASSERT_TRUE(two.TryClaim(two.Record("b")).ok()) << "while it is on its way";
  ASSERT_EQ(cluster.Do(from, {"MIGRATE", "127.0.0.1", absl::StrCat(cluster.servers_[to]->port()),
                              key, "0", "5000"}),
            "OK");
  ASSERT_TRUE(two.TryClaim(two.Record("c")).ok()) << "the set is at the other end";
  cluster.MoveSlot(redis::SlotOf(key), to);
  ASSERT_TRUE(two.TryClaim(two.Record("d")).ok());
  EXPECT_EQ(one.TryClaim(one.Record("d"))->result, Claim::Result::kHeld);
  const std::vector<std::string> whole = {"a@n1", "b@n2", "c@n2", "d@n2"};
  for (PresenceNode* node : {&one, &two}) {
    EXPECT_TRUE(node->RunUntil([&] { return node->told.size() >= 4; }));
    EXPECT_TRUE(node->RunUntil([&] { return node->Members() == whole; }));
    EXPECT_THAT(node->told, ElementsAre("+a", "+b", "+c", "+d"));
    EXPECT_THAT(node->lost, IsEmpty());
  }
}

TEST(RedisPresence, AMasterThatDiesLosesNobody) {
  RedisCluster cluster;
  ASSERT_TRUE(cluster.Form());
  cluster.AddReplica();  // of master 0
  PresenceNode one(cluster.Through(), "n1");
  PresenceNode two(cluster.Through(), "n2");
  for (PresenceNode* node : {&one, &two}) {
    ASSERT_TRUE(node->BecomesHealthy());
    for (int i = 0; i < 30; ++i) {
      PresenceRecord record = node->Record("a");
      record.key.space = absl::StrCat(record.node, "-", i);  // on all masters
      ASSERT_TRUE(node->TryClaim(record).ok());
    }
  }
  cluster.servers_[0]->Kill();
  ASSERT_TRUE(one.RunUntil([&] { return one.presence().health().degraded; }));
  for (PresenceNode* node : {&one, &two}) ASSERT_TRUE(node->BecomesHealthy(absl::Seconds(30)));
  for (PresenceNode* node : {&one, &two}) {
    for (int i = 0; i < 30; ++i) {
      const std::string space = absl::StrCat("n", node == &one ? "1-" : "2-", i);
      EXPECT_TRUE(node->RunUntil([&] { return node->Members(space).size() == 1; })) << space;
    }
    EXPECT_THAT(node->lost, IsEmpty());
    EXPECT_EQ(node->Noted("dead n1") + node->Noted("dead n2"), 0);
  }
}

}  // namespace
}  // namespace sluice::storage
