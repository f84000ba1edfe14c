// SPDX-License-Identifier: Apache-2.0
#include "control/list_part.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sluice::control {
namespace {

using testing::ElementsAre;
using Part = ListPart<std::string>;

Part First(std::vector<Part> parts, size_t count_max, size_t bytes_max = 1000) {
  return FirstOf(
      std::move(parts), count_max, bytes_max, [](const std::string& item) { return item; },
      [](const std::string& item) { return item.size(); });
}

TEST(ListPartTest, MergesInOrder) {
  Part page = First({{{"a", "d"}, false}, {{"b", "c"}, false}}, 10);
  EXPECT_THAT(page.items, ElementsAre("a", "b", "c", "d"));
  EXPECT_FALSE(page.more);
}

TEST(ListPartTest, EndsAtItsCountAndItsBytes) {
  Part page = First({{{"a", "d"}, false}, {{"b", "c"}, false}}, 3);
  EXPECT_THAT(page.items, ElementsAre("a", "b", "c"));
  EXPECT_TRUE(page.more);
  page = First({{{"a1", "d1"}, false}, {{"b1", "c1"}, false}}, 10, 5);
  EXPECT_THAT(page.items, ElementsAre("a1", "b1"));
  EXPECT_TRUE(page.more);
  page = First({{{"much too large", "x"}, false}}, 10, 5);
  EXPECT_THAT(page.items, ElementsAre("much too large")) << "or nobody would ever pass it";
  EXPECT_TRUE(page.more);
}

// The first part may go on with "c", which belongs before "d".
TEST(ListPartTest, ShowsNothingBehindTheEndOfAPartThatGoesOn) {
  Part page = First({{{"a", "b"}, true}, {{"d", "e"}, false}}, 10);
  EXPECT_THAT(page.items, ElementsAre("a", "b"));
  EXPECT_TRUE(page.more);
  page = First({{{"a", "z"}, true}, {{"d", "e"}, true}}, 10);
  EXPECT_THAT(page.items, ElementsAre("a", "d", "e"));
  EXPECT_TRUE(page.more);
}

}  // namespace
}  // namespace sluice::control
