// SPDX-License-Identifier: Apache-2.0
#include "storage/redis/url.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace sluice::storage::redis {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

TEST(UrlTest, NamesOneServer) {
  absl::StatusOr<Url> url = ParseUrl("redis://cache.example:7000/3");
  ASSERT_TRUE(url.ok()) << url.status();
  EXPECT_EQ(url->topology, Topology::kStandalone);
  EXPECT_FALSE(url->tls);
  EXPECT_THAT(url->addresses, ElementsAre(Address{"cache.example", 7000}));
  EXPECT_EQ(url->db, 3);
  EXPECT_EQ(url->password, "");
}

TEST(UrlTest, PortsHaveDefaults) {
  EXPECT_THAT(ParseUrl("rediss://h")->addresses, ElementsAre(Address{"h", 6379}));
  EXPECT_TRUE(ParseUrl("rediss://h")->tls);
  EXPECT_THAT(ParseUrl("redis://[::1]")->addresses, ElementsAre(Address{"::1", 6379}));
  EXPECT_THAT(ParseUrl("redis://[::1]:1")->addresses, ElementsAre(Address{"::1", 1}));
  EXPECT_THAT(ParseUrl("redis+sentinel://a,b:5/m")->addresses,
              ElementsAre(Address{"a", 26379}, Address{"b", 5}));
  EXPECT_THAT(ParseUrl("redis+cluster://a,b")->addresses,
              ElementsAre(Address{"a", 6379}, Address{"b", 6379}));
}

TEST(UrlTest, SentinelsNameAMaster) {
  absl::StatusOr<Url> url = ParseUrl("rediss+sentinel://:secret@h1,h2,h3/mymaster/2");
  ASSERT_TRUE(url.ok()) << url.status();
  EXPECT_EQ(url->topology, Topology::kSentinel);
  EXPECT_EQ(url->master, "mymaster");
  EXPECT_EQ(url->db, 2);
  EXPECT_EQ(url->password, "secret");
  EXPECT_TRUE(url->tls);
}

TEST(UrlTest, CredentialsAreSplitAndThenDecoded) {
  struct Case {
    std::string text, user, password;
  };
  for (const Case& c : {
           Case{"redis://u:p@h", "u", "p"},
           Case{"redis://:p@h", "", "p"},
           Case{"redis://u:a/=+b@h/1", "u", "a/=+b"},
           Case{"redis://u:a?b#c@h", "u", "a?b#c"},
           Case{"redis://u:a@b@h", "u", "a@b"},
           Case{"redis://u:a:b@h", "u", "a:b"},
           Case{"redis://a%3Ab:c%2fd%25@h", "a:b", "c/d%"},
           Case{"redis://u:%2B%20@h", "u", "+ "},
       }) {
    absl::StatusOr<Url> url = ParseUrl(c.text);
    ASSERT_TRUE(url.ok()) << c.text << url.status();
    EXPECT_EQ(url->user, c.user) << c.text;
    EXPECT_EQ(url->password, c.password) << c.text;
    EXPECT_EQ(url->addresses[0].host, "h") << c.text;
  }
}

TEST(UrlTest, WhatIsWrongIsRefusedWithoutShowingIt) {
  for (const std::string text : {
           "",
           "secret://h",
           "redis:secret",
           "redis://",
           "redis://secret@h",
           "redis://u:@h",
           "redis://secret:%zz@h",
           "redis://u:secret%2@h",
           "redis://u:secret@",
           "redis://u:secret@h:0",
           "redis://u:secret@h:65536",
           "redis://u:secret@h:secret",
           "redis://u:secret@h/secret",
           "redis://u:secret@h/-1",
           "redis://u:secret@h?secret=1",
           "redis://u:secret@h1,h2",
           "redis://u:secret@[::1",
           "redis://u:secret@[::1]secret",
           "redis://u:secret@[[secret]",
           "redis://u:secret@h secret",
           "redis+sentinel://u:secret@h",
           "redis+sentinel://u:secret@h/m/secret",
           "redis+cluster://u:secret@h/1",
           "redis+cluster://u:secret@h,,h",
       }) {
    absl::StatusOr<Url> url = ParseUrl(text);
    EXPECT_TRUE(absl::IsInvalidArgument(url.status())) << text;
    EXPECT_THAT(std::string(url.status().message()), Not(HasSubstr("secret"))) << text;
  }
}

TEST(UrlTest, IsShownWithoutCredentials) {
  auto shown = [](std::string_view text) { return Redacted(*ParseUrl(text)); };
  EXPECT_EQ(shown("redis://u:p@h/3"), "redis://***:***@h:6379/3");
  EXPECT_EQ(shown("redis://:p@[::1]:7"), "redis://:***@[::1]:7");
  EXPECT_EQ(shown("rediss+sentinel://a,b/m"), "rediss+sentinel://a:26379,b:26379/m");
  EXPECT_EQ(shown("redis+cluster://a,b"), "redis+cluster://a:6379,b:6379");
}

}  // namespace
}  // namespace sluice::storage::redis
