// SPDX-License-Identifier: Apache-2.0
#include "storage/redis/greeting.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace sluice::storage::redis {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

Reply Text(std::string text) { return {.type = Reply::Type::kString, .text = std::move(text)}; }
Reply Error(std::string text) { return {.type = Reply::Type::kError, .text = std::move(text)}; }

std::vector<std::string> Verbs(const Options& options, Role role) {
  std::vector<std::string> verbs;
  for (const GreetingStep& step : MakeGreeting(options, role)) verbs.push_back(step.command[0]);
  return verbs;
}

TEST(GreetingTest, SaysWhatTheUrlSays) {
  Options options;
  EXPECT_THAT(Verbs(options, Role::kMaster), ElementsAre("PING", "ROLE", "INFO", "INFO"));
  options.url.user = "u";
  options.url.password = "p";
  options.url.db = 3;
  EXPECT_THAT(Verbs(options, Role::kMaster),
              ElementsAre("AUTH", "SELECT", "PING", "ROLE", "INFO", "INFO"));
  EXPECT_THAT(MakeGreeting(options, Role::kMaster)[0].command, ElementsAre("AUTH", "u", "p"));
  // Sentinels do not know the servers' users.
  EXPECT_THAT(Verbs(options, Role::kSentinel), ElementsAre("PING", "ROLE", "INFO"));
  options.sentinel_password = "s";
  EXPECT_THAT(MakeGreeting(options, Role::kSentinel)[0].command, ElementsAre("AUTH", "s"));
}

// What the step of this verb makes of the answer.
absl::Status Judge(Role role, std::string_view verb, const Reply& reply, ServerFacts& facts) {
  Options options;
  options.url.password = "p";
  options.sentinel_password = "p";
  for (const GreetingStep& step : MakeGreeting(options, role)) {
    if (step.command[0] == verb) return step.check(reply, role, facts);
  }
  return absl::NotFoundError("no such step");
}

TEST(GreetingTest, AnErrorMayRepeatThePasswordAndIsNotShown) {
  ServerFacts facts;
  absl::Status status =
      Judge(Role::kMaster, "AUTH", Error("ERR unknown command, with: secret"), facts);
  EXPECT_TRUE(absl::IsPermissionDenied(status));
  EXPECT_THAT(std::string(status.message()), Not(HasSubstr("secret")));
}

TEST(GreetingTest, WhoIsNotLetInIsToldWhy) {
  ServerFacts facts;
  for (const char* text : {"ERR max number of clients reached",
                           "ERR max number of clients + cluster connections reached",
                           "DENIED Redis is running in protected mode"}) {
    absl::Status status = Judge(Role::kMaster, "AUTH", Error(text), facts);
    EXPECT_TRUE(absl::IsUnavailable(status));
    EXPECT_EQ(status.message(), text);
  }
}

TEST(GreetingTest, AMasterAnewHasAnotherHistory) {
  ServerFacts facts;
  const GreetingStep step = MakeGreeting({}, Role::kMaster).back();
  ASSERT_THAT(step.command, ElementsAre("INFO", "replication"));
  EXPECT_TRUE(step.check(Text("role:master\r\nmaster_replid:abc\r\nmaster_replid2:000\r\n"),
                         Role::kMaster, facts)
                  .ok());
  EXPECT_EQ(facts.history, "abc");
  EXPECT_FALSE(step.check(Error("NOPERM"), Role::kMaster, facts).ok());
}

TEST(GreetingTest, RolesAreChecked) {
  ServerFacts facts;
  auto role = [&](Role wanted, std::string is) {
    Reply reply{.type = Reply::Type::kArray, .elements = {Text(std::move(is))}};
    return Judge(wanted, "ROLE", reply, facts).ok();
  };
  EXPECT_TRUE(role(Role::kMaster, "master"));
  EXPECT_FALSE(role(Role::kMaster, "slave"));
  EXPECT_FALSE(role(Role::kMaster, "sentinel"));
  EXPECT_TRUE(role(Role::kMember, "slave"));
  EXPECT_TRUE(role(Role::kSentinel, "sentinel"));
  EXPECT_FALSE(role(Role::kSentinel, "master"));
  EXPECT_FALSE(Judge(Role::kMaster, "ROLE", Reply(), facts).ok());
}

TEST(GreetingTest, VersionsAreChecked) {
  ServerFacts facts;
  auto version = [&](Role role, const std::string& text) {
    return Judge(role, "INFO", Text("# Server\r\nredis_version:" + text + "\r\nrun_id:abc\r\n"),
                 facts);
  };
  EXPECT_TRUE(version(Role::kMaster, "6.2.0").ok());
  EXPECT_EQ(facts.version, "6.2.0");
  EXPECT_EQ(facts.run_id, "abc");
  EXPECT_TRUE(version(Role::kMaster, "10.0.1").ok());
  EXPECT_TRUE(version(Role::kMember, "7.0.15").ok());
  EXPECT_THAT(std::string(version(Role::kMaster, "6.0.16").message()),
              HasSubstr("Redis 6.0.16 is too old: 6.2 or later"));
  EXPECT_THAT(std::string(version(Role::kMember, "6.2.7").message()), HasSubstr("7.0 or later"));
  EXPECT_FALSE(version(Role::kMaster, "").ok());
  EXPECT_FALSE(version(Role::kMaster, "x.y").ok());
}

TEST(GreetingTest, AServerThatIsNotReadySaysSo) {
  ServerFacts facts;
  EXPECT_TRUE(
      absl::IsUnavailable(Judge(Role::kMaster, "PING", Error("LOADING Redis is loading"), facts)));
  EXPECT_TRUE(Judge(Role::kMaster, "PING", Text("PONG"), facts).ok());
}

}  // namespace
}  // namespace sluice::storage::redis
