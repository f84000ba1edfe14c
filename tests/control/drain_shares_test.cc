// SPDX-License-Identifier: Apache-2.0
#include "control/drain_shares.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <string>
#include <vector>

namespace sluice::control {
namespace {

using Counts = std::map<std::string, uint64_t>;
using testing::ElementsAre;
using testing::Pair;

hub::Pace PaceOf(const std::string& node, uint32_t per_second, const Counts& matched) {
  return DrainShares(node, per_second, matched).pace();
}

TEST(DrainSharesTest, EachHasAPartByWhatMatchedThere) {
  EXPECT_DOUBLE_EQ(PaceOf("a", 10, {{"a", 5}}).per_second, 10);
  const Counts two = {{"a", 30}, {"b", 70}};
  EXPECT_DOUBLE_EQ(PaceOf("a", 10, two).per_second, 3);
  EXPECT_DOUBLE_EQ(PaceOf("b", 10, two).per_second, 7);
  EXPECT_GT(PaceOf("a", 10, {{"a", 0}, {"b", 1}}).per_second, 0) << "who has nothing to close";
}

TEST(DrainSharesTest, ASlowPaceHoldsOverAllNodes) {
  const Counts matched = {{"a", 4}, {"b", 4}, {"c", 2}};
  std::vector<absl::Duration> due;
  for (const auto& [node, count] : matched) {
    const hub::Pace pace = PaceOf(node, 1, matched);
    for (uint64_t i = 0; i < count; ++i)
      due.push_back(pace.first + i * (absl::Seconds(1) / pace.per_second));
  }
  std::sort(due.begin(), due.end());
  for (size_t i = 0; i < due.size(); ++i) {
    EXPECT_LE(absl::AbsDuration(due[i] - absl::Seconds(i)), absl::Seconds(1)) << i;
  }
}

TEST(DrainSharesTest, WhoIsGoneLeavesItsPartToTheOthers) {
  DrainShares shares("a", 12, {{"a", 10}, {"b", 20}, {"c", 30}});
  EXPECT_DOUBLE_EQ(shares.pace().per_second, 2);
  EXPECT_TRUE(shares.Drop("c"));
  EXPECT_DOUBLE_EQ(shares.pace().per_second, 4);
  EXPECT_FALSE(shares.Drop("c")) << "once";
  EXPECT_FALSE(shares.Drop("stranger"));
  EXPECT_FALSE(shares.Drop("a")) << "itself";
  EXPECT_TRUE(shares.Drop("b"));
  EXPECT_DOUBLE_EQ(shares.pace().per_second, 12);
  EXPECT_THAT(shares.lost(), ElementsAre(Pair("b", 20), Pair("c", 30)));
}

TEST(DrainSharesTest, WhatIsLostBelongsToTheWhole) {
  v1::Drain drain;
  drain.set_matched(5);
  AddLost({{"b", 2}, {"c", 3}}, drain);
  EXPECT_EQ(drain.matched(), 10);
  ASSERT_EQ(drain.lost_size(), 2);
  EXPECT_EQ(drain.lost(1).node(), "c");
  EXPECT_EQ(drain.lost(1).matched(), 3);
  const v1::Drain own = OwnPart(drain);
  EXPECT_EQ(own.matched(), 5);
  EXPECT_EQ(own.lost_size(), 0);
}

}  // namespace
}  // namespace sluice::control
