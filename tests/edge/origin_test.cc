// SPDX-License-Identifier: Apache-2.0
#include "gateway/edge/origin.h"

#include <gtest/gtest.h>

namespace sluice::edge {
namespace {

OriginPolicy Policy(const std::vector<std::string>& allowed, bool allow_none = true) {
  return *OriginPolicy::Make(allowed, allow_none);
}

TEST(ParseOrigin, FillsInTheDefaultPort) {
  EXPECT_EQ(ParseOrigin("https://a.example"), (Origin{"https", "a.example", 443}));
  EXPECT_EQ(ParseOrigin("http://a.example"), (Origin{"http", "a.example", 80}));
  EXPECT_EQ(ParseOrigin("HTTP://A.Example:8080"), (Origin{"http", "a.example", 8080}));
  EXPECT_EQ(ParseOrigin("https://[2001:db8::1]:8443"), (Origin{"https", "[2001:db8::1]", 8443}));
  EXPECT_EQ(ParseOrigin("https://[::1]"), (Origin{"https", "[::1]", 443}));
  EXPECT_EQ(ParseOrigin("chrome-extension://abcdef"), (Origin{"chrome-extension", "abcdef", 0}));
}

TEST(ParseOrigin, RefusesWhatIsNone) {
  for (const char* text :
       {"", "null", "https://", "//a.example", "a.example", "https://a.example/", "https://u@a.b",
        "https://a.example/path", "https://a.example:", "https://a.example:x", "https://a:99999",
        "https://a.example:-1", "https://a.example:+1", "1https://a.example", "https://a b",
        "https://a.example?q", "https://[::1", "https://::1", "https://[]"}) {
    EXPECT_EQ(ParseOrigin(text), std::nullopt) << text;
  }
}

TEST(OriginPolicy, MatchesExactly) {
  OriginPolicy policy = Policy({"https://good.example", "http://other.example:8080"});
  EXPECT_TRUE(policy.Allows("https://good.example", ""));
  EXPECT_TRUE(policy.Allows("https://GOOD.example:443", ""));
  EXPECT_TRUE(policy.Allows("http://other.example:8080", ""));
  for (const char* origin :
       {"http://good.example", "https://good.example:444", "https://good.example.evil.example",
        "https://evilgood.example", "https://evil.example/https://good.example",
        "https://good.example@evil.example", "https://sub.good.example", "https://good.example.",
        "http://other.example", "null", ""}) {
    EXPECT_FALSE(policy.Allows(origin, "good.example")) << origin;
  }
}

TEST(OriginPolicy, AllowsAnyIfTold) {
  OriginPolicy policy = Policy({"https://a.example", "*"});
  EXPECT_TRUE(policy.Allows("https://evil.example", ""));
  EXPECT_TRUE(policy.Allows("null", ""));
}

TEST(OriginPolicy, AnEmptyListMeansTheSameOrigin) {
  OriginPolicy policy = Policy({});
  EXPECT_TRUE(policy.Allows("https://a.example", "a.example"));
  EXPECT_TRUE(policy.Allows("https://a.example", "A.example:443"));
  EXPECT_TRUE(policy.Allows("http://a.example:8080", "a.example:8080"));
  EXPECT_FALSE(policy.Allows("http://a.example:8080", "a.example"));
  EXPECT_FALSE(policy.Allows("https://a.example", "a.example:80"));
  EXPECT_FALSE(policy.Allows("https://a.example.evil.example", "a.example"));
  EXPECT_FALSE(policy.Allows("null", "a.example"));
  EXPECT_FALSE(policy.Allows("https://a.example", ""));
}

TEST(OriginPolicy, LetsOpaqueOriginsInIfListed) {
  OriginPolicy policy = Policy({"https://a.example", "null"});
  EXPECT_TRUE(policy.Allows("null", "own.example"));
  EXPECT_TRUE(policy.Allows("https://a.example", "own.example"));
  for (const char* origin : {"NULL", "null ", "null://", "https://b.example", ""}) {
    EXPECT_FALSE(policy.Allows(origin, "b.example")) << origin;
  }
  EXPECT_FALSE(Policy({"https://a.example"}).Allows("null", ""));
  EXPECT_FALSE(Policy({"null"}).Allows("https://own.example", "own.example")) << "it is a list";
}

TEST(OriginPolicy, NoOriginIsAChoice) {
  EXPECT_TRUE(Policy({"https://a.example"}).Allows(std::nullopt, "x"));
  EXPECT_FALSE(Policy({"https://a.example"}, false).Allows(std::nullopt, "x"));
  EXPECT_FALSE(Policy({"*"}, false).Allows(std::nullopt, "x"));
}

TEST(OriginPolicy, RefusesAWrongList) {
  auto policy = OriginPolicy::Make({"https://a.example", "*.example"}, true);
  ASSERT_FALSE(policy.ok());
  EXPECT_NE(std::string(policy.status().message()).find("*.example"), std::string::npos);
}

}  // namespace
}  // namespace sluice::edge
