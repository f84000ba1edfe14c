// SPDX-License-Identifier: Apache-2.0
#include "control/page.h"

#include <gtest/gtest.h>

#include "control/status.h"

namespace sluice::control {
namespace {

TEST(PageTest, SizesFollowTheRules) {
  EXPECT_EQ(ToPage(0, "", 1)->size, 100);
  EXPECT_EQ(ToPage(7, "", 1)->size, 7);
  EXPECT_EQ(ToPage(5000, "", 1)->size, 1000);
  EXPECT_EQ(ReasonOf(ToPage(-1, "", 1).status()), "PAGE_SIZE_INVALID");
}

TEST(PageTest, TokensComeBack) {
  for (std::string after : {std::string("x"), std::string(255, 'y'), std::string("\xc3\xa9\n")}) {
    auto page = ToPage(10, MakePageToken(after, 42), 42);
    ASSERT_TRUE(page.ok());
    EXPECT_EQ(page->after, after);
  }
}

TEST(PageTest, ATokenOfAnotherListIsRefused) {
  auto page = ToPage(10, MakePageToken("x", 42), 43);
  EXPECT_EQ(ReasonOf(page.status()), "PAGE_TOKEN_INVALID");
  EXPECT_EQ(FieldOf(page.status()), "page_token");
}

TEST(PageTest, WhatIsNoTokenIsRefused) {
  std::string good = MakePageToken("x", 42);
  for (std::string wrong : {std::string("?"), std::string("AAAA"), good.substr(0, good.size() / 2),
                            std::string(100'000, 'A'), "2" + good}) {
    EXPECT_EQ(ReasonOf(ToPage(10, wrong, 42).status()), "PAGE_TOKEN_INVALID") << wrong.size();
  }
  EXPECT_EQ(ReasonOf(ToPage(10, MakePageToken("", 42), 42).status()), "PAGE_TOKEN_INVALID");
}

}  // namespace
}  // namespace sluice::control
