// SPDX-License-Identifier: Apache-2.0
#include "gateway/config/values.h"

#include <gtest/gtest.h>

#include <string>

namespace sluice::config {
namespace {

TEST(Duration, TakesUnits) {
  EXPECT_EQ(ParseDuration("10s"), absl::Seconds(10));
  EXPECT_EQ(ParseDuration("500ms"), absl::Milliseconds(500));
  EXPECT_EQ(ParseDuration("2m"), absl::Minutes(2));
  EXPECT_EQ(ParseDuration("1h30m"), absl::Minutes(90));
  EXPECT_EQ(ParseDuration("0"), absl::ZeroDuration());
  for (const char* wrong : {"", "10", "-1s", "inf", "ten", "10 s", "10s!", "s"}) {
    EXPECT_FALSE(ParseDuration(wrong)) << wrong;
  }
}

TEST(Size, TakesUnits) {
  EXPECT_EQ(ParseSize("0"), 0u);
  EXPECT_EQ(ParseSize("4096"), 4096u);
  EXPECT_EQ(ParseSize("100B"), 100u);
  EXPECT_EQ(ParseSize("64KiB"), 65536u);
  EXPECT_EQ(ParseSize("1MiB"), 1048576u);
  EXPECT_EQ(ParseSize("2GiB"), 2147483648u);
  for (const char* wrong :
       {"", "KiB", "64kb", "64K", "-1", "1.5MiB", "1 MiB", "99999999999GiB", "0x10"}) {
    EXPECT_FALSE(ParseSize(wrong)) << wrong;
  }
}

TEST(Size, IsShownInTheLargestUnitThatFits) {
  EXPECT_EQ(FormatSize(0), "0");
  EXPECT_EQ(FormatSize(1000), "1000");
  EXPECT_EQ(FormatSize(65536), "64KiB");
  EXPECT_EQ(FormatSize(1 << 20), "1MiB");
  EXPECT_EQ(FormatSize((1 << 20) + 1024), "1025KiB");
}

TEST(Real, IsFiniteAndNotNegative) {
  EXPECT_EQ(ParseReal("0.5"), 0.5);
  EXPECT_EQ(ParseReal("100"), 100);
  EXPECT_EQ(FormatReal(100), "100");
  EXPECT_EQ(FormatReal(0.1), "0.1");
  for (const char* wrong : {"", "-1", "inf", "nan", "1,5", "one"}) {
    EXPECT_FALSE(ParseReal(wrong)) << wrong;
  }
}

TEST(Switch, TakesTheUsualWords) {
  EXPECT_EQ(ParseSwitch("true"), true);
  EXPECT_EQ(ParseSwitch("off"), false);
  EXPECT_FALSE(ParseSwitch("maybe"));
  EXPECT_FALSE(ParseSwitch(""));
}

TEST(List, SplitsAndTrims) {
  using Parts = std::vector<std::string>;
  EXPECT_EQ(ParseList(""), Parts{});
  EXPECT_EQ(ParseList("a"), Parts{"a"});
  EXPECT_EQ(ParseList("a, b ,c"), (Parts{"a", "b", "c"}));
  EXPECT_FALSE(ParseList("a,,b"));
  EXPECT_FALSE(ParseList(","));
}

TEST(Address, IsNumericWithAPort) {
  for (const char* right : {"0.0.0.0:8080", "127.0.0.1:0", "[::]:8080", "[2001:db8::1]:65535"}) {
    EXPECT_TRUE(IsAddress(right)) << right;
  }
  for (const char* wrong :
       {"", ":8080", "8080", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:-1",
        "::1:8080", "[::1]", "[]:1", "300.0.0.1:1", "example.org:80"}) {
    EXPECT_FALSE(IsAddress(wrong)) << wrong;
  }
}

TEST(Quote, EscapesWhatYamlWouldMisread) {
  EXPECT_EQ(Quote("plain"), "\"plain\"");
  EXPECT_EQ(Quote("a\"b\\c\n"), "\"a\\\"b\\\\c\\x0a\"");
}

}  // namespace
}  // namespace sluice::config
