// SPDX-License-Identifier: Apache-2.0
//
// RedisPresence behind three real sentinels, while masters come and go.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>

#include "absl/strings/str_cat.h"
#include "tests/storage/presence_contract.h"
#include "tests/storage/presence_contract_lists.h"
#include "tests/storage/redis/presence_world.h"
#include "tests/storage/redis/redis_sentinels.h"

namespace sluice::storage {
namespace {

using redis::PresenceNode;
using redis::RedisSentinels;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

// One group for all; each test has a prefix of its own.
redis::Options Through() {
  static auto* const group = [] {
    auto* formed = new RedisSentinels();
    EXPECT_TRUE(formed->Form());
    return formed;
  }();
  static int tests = 0;
  redis::Options options = group->Through();
  options.key_prefix = absl::StrCat("p", ++tests, ":");
  return options;
}

class SentinelHarness final : public PresenceHarness {
 public:
  SentinelHarness() { EXPECT_TRUE(node_.BecomesHealthy()); }
  Presence& presence() override { return node_.presence(); }
  Executor& home() override { return node_.home(); }
  void RunUntil(const std::function<bool()>& done) override { ASSERT_TRUE(node_.RunUntil(done)); }

 private:
  PresenceNode node_{Through(), "node-1"};
};

INSTANTIATE_TEST_SUITE_P(Sentinel, PresenceContract,
                         testing::Values([]() -> std::unique_ptr<PresenceHarness> {
                           return std::make_unique<SentinelHarness>();
                         }));

struct PresenceSentinelTest : testing::Test {
  void SetUp() override {
    ASSERT_TRUE(group.Form());
    for (const char* name : {"n1", "n2"}) {
      nodes.push_back(std::make_unique<PresenceNode>(group.Through(), name, absl::Seconds(4)));
    }
    for (auto& node : nodes) {
      ASSERT_TRUE(node->BecomesHealthy());
      node->Watch();
    }
    ASSERT_TRUE(nodes[0]->TryClaim(nodes[0]->Record("a")).ok());
    ASSERT_TRUE(nodes[1]->TryClaim(nodes[1]->Record("b")).ok());
  }
  // Both know the same, nobody was told of anything but what happened, nobody has lost anything.
  void ExpectWhole(const std::vector<std::string>& members) {
    for (auto& node : nodes) {
      ASSERT_TRUE(node->BecomesHealthy(absl::Seconds(30)));
      EXPECT_TRUE(node->RunUntil([&] {
        return node->Members() == members && node->Count().value_or(0) == members.size();
      }));
      EXPECT_TRUE(node->RunUntil([&] { return node->told.size() >= 3; }));
      std::sort(node->told.begin(), node->told.end());
      EXPECT_THAT(node->told, ElementsAre("+a", "+b", "+c"));
      EXPECT_THAT(node->lost, IsEmpty());
      EXPECT_EQ(node->Noted("dead n1") + node->Noted("dead n2"), 0);
    }
  }

  RedisSentinels group;
  std::vector<std::unique_ptr<PresenceNode>> nodes;
};

TEST_F(PresenceSentinelTest, AKilledMasterLosesNobody) {
  group.master_.Kill();
  ASSERT_TRUE(nodes[0]->RunUntil([&] { return nodes[0]->TryClaim(nodes[0]->Record("c")).ok(); }));
  ExpectWhole({"a@n1", "b@n2", "c@n1"});
}

// For a while it says OK to what it loses then.
TEST_F(PresenceSentinelTest, AnOldMasterThatWakesUpChangesNothing) {
  group.master_.Signal(SIGSTOP);
  ASSERT_TRUE(nodes[0]->RunUntil([&] { return group.replica_.Do({"ROLE"}).starts_with("master"); },
                                 absl::Seconds(30)));
  group.master_.Signal(SIGCONT);
  ASSERT_TRUE(nodes[0]->RunUntil([&] { return nodes[0]->TryClaim(nodes[0]->Record("c")).ok(); }));
  ExpectWhole({"a@n1", "b@n2", "c@n1"});
}

}  // namespace
}  // namespace sluice::storage
