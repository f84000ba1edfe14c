// SPDX-License-Identifier: Apache-2.0
#include "storage/redis/start_check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "absl/synchronization/notification.h"
#include "tests/storage/redis/client_world.h"
#include "tests/storage/redis/redis_server.h"

namespace sluice::storage::redis {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

StartCheck::Result Check(const Options& options) {
  std::unique_ptr<Thread> thread = *Thread::Make(options);
  std::unique_ptr<StartCheck> check;
  StartCheck::Result result;
  absl::Notification done;
  check = std::make_unique<StartCheck>(thread->client(), options, [&](StartCheck::Result found) {
    result = std::move(found);
    done.Notify();
  });
  thread->Start([] {}, [&](Now now) { check->Tick(now); });
  done.WaitForNotification();
  thread->Stop();
  return result;
}

Options As(const RedisServer& server, std::string user) {
  Options options = QuickOptions(Url{.user = std::move(user), .addresses = {server.address()}});
  if (!options.url.user.empty()) options.url.password = "s";
  return options;
}

TEST(StartCheckTest, HasNothingToSayOfAServerThatServes) {
  RedisServer server;
  StartCheck::Result result = Check(As(server, ""));
  EXPECT_THAT(result.faults, IsEmpty());
  EXPECT_THAT(result.warnings, IsEmpty());
  EXPECT_EQ(server.Do({"PUBSUB", "CHANNELS"}), "");
}

TEST(StartCheckTest, ShowsTheRuleThatIsMissing) {
  RedisServer server;
  struct Case {
    std::vector<std::string> rules;
    std::string lacks;
  };
  for (const Case& c : {
           Case{{"~p:*", "+@all"}, "channels"},
           Case{{"&p:*", "+@all"}, "keys"},
           Case{{"~p:*", "&p:*", "+@all", "-@scripting"}, "'evalsha'"},
           Case{{"~p:*", "&p:*", "+@all", "-role"}, "'role'"},
       }) {
    server.Do({"ACL", "DELUSER", "gate"});
    std::vector<std::string> command = {"ACL", "SETUSER", "gate", "on", ">s"};
    command.insert(command.end(), c.rules.begin(), c.rules.end());
    ASSERT_EQ(server.Do(command), "OK");
    EXPECT_THAT(Check(As(server, "gate")).faults,
                ElementsAre(AllOf(HasSubstr("NOPERM"), HasSubstr(c.lacks),
                                  HasSubstr("ACL SETUSER gate ~p:* &p:* +@read"))));
  }
}

TEST(StartCheckTest, TheRuleThatItShowsIsEnough) {
  RedisServer server;
  ASSERT_EQ(server.Do({"ACL", "SETUSER", "gate", "on", ">s", "~p:*", "&p:*", "+@read", "+@write",
                       "+@scripting", "+@pubsub", "+@connection", "+role", "+info"}),
            "OK");
  Options options = As(server, "gate");
  options.url.db = 1;
  EXPECT_THAT(Check(options).faults, IsEmpty());
}

TEST(StartCheckTest, WarnsOfEviction) {
  RedisServer server({"--maxmemory", "100mb", "--maxmemory-policy", "allkeys-lru"});
  StartCheck::Result result = Check(As(server, ""));
  EXPECT_THAT(result.faults, IsEmpty());
  EXPECT_THAT(result.warnings, ElementsAre(HasSubstr("maxmemory-policy is allkeys-lru")));
  server.Do({"CONFIG", "SET", "maxmemory-policy", "noeviction"});
  EXPECT_THAT(Check(As(server, "")).warnings, IsEmpty());
}

TEST(StartCheckTest, SaysWhyThereIsNoConnection) {
  Options options = QuickOptions(Url{.addresses = {{"127.0.0.1", 1}}});
  EXPECT_THAT(Check(options).faults, ElementsAre(HasSubstr("127.0.0.1:1: connect: ")));
}

}  // namespace
}  // namespace sluice::storage::redis
