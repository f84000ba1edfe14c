// SPDX-License-Identifier: Apache-2.0
//
// Which part carries a command out, and what it costs the client.
#include "gateway/hub/commands.h"

#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "gateway/hub/evictions.h"
#include "gateway/hub/method_calls.h"
#include "gateway/hub/method_lists.h"
#include "gateway/hub/publications.h"
#include "gateway/hub/publisher.h"
#include "gateway/hub/requests.h"
#include "gateway/hub/session.h"
#include "gateway/hub/shard_set.h"
#include "tests/hub/way_in.h"

namespace sluice::hub {
namespace {

using fakes::ShardParts;
using testing::ElementsAre;
using testing::IsEmpty;

struct CountingSink final : AnswerSink {
  void OnAnswer(ClientAnswer) override { ++answers; }
  int answers = 0;
};

ShardOptions OneASecond() {
  ShardOptions options;
  options.policy.rates.commands_per_second = 1;
  options.policy.rates.commands_burst = 2;
  return options;
}

struct CommandsTest : testing::Test, WayIn {
  CommandsTest() : WayIn(OneASecond()) { parts.dialect.open = true; }

  // What the client hears at once.
  std::vector<std::string> Do(Verb verb, bool answer = true) {
    commands.Execute(session, {{answer ? "1" : "-", 0, answer}, std::move(verb)}, {}, parts.now);
    return Heard(session);
  }
  // Its share of the rate is used up.
  void Spend() {
    Do(Ignore{});
    Do(Ignore{});
  }
  void Ask(uint64_t number) {
    requests.Add(session, number, {1, absl::Seconds(5), sink}, parts.now);
  }

  fakes::FakeElsewhere elsewhere;
  ShardSet set{"", elsewhere};  // empty: there are no other shards
  fakes::KeptPublications tap;
  Publisher publisher{set, tap};
  Publications publications{
      0, parts.spaces, publisher, parts.delivery, parts.answers, parts.encodings};
  Requests requests{0, 100, parts.deadlines, parts.probe};
  Evictions evictions{parts.sessions, keepalive,       parts.closer,
                      parts.self,     parts.deadlines, parts.probe};
  MethodLists lists{parts.methods, 1000};
  MethodCalls method_calls{parts.invoker, lists,          authentication, channels,
                           parts.answers, parts.progress, parts.probe};
  Commands commands{{arrivals, method_calls, channels, publications, authentication, requests,
                     evictions, parts.answers, parts.closer}};
  Session& session = parts.Open("chat", "a");
  std::shared_ptr<CountingSink> sink = std::make_shared<CountingSink>();
};

TEST_F(CommandsTest, WhatDoesNothingIsAnsweredByNobody) {
  EXPECT_THAT(Do(Ignore{}), IsEmpty());
  EXPECT_THAT(Do(Renew{}), IsEmpty());
}

TEST_F(CommandsTest, EachGoesToThePartThatItConcerns) {
  parts.now += absl::Seconds(10);
  EXPECT_THAT(Do(CallMethod{"nope", {}}), ElementsAre("err 1 method_not_found"));
  EXPECT_THAT(Do(ListMethods{}), ElementsAre("methods 1 "));
  parts.now += absl::Seconds(10);
  EXPECT_THAT(Do(Authenticate{"good:ann"}), ElementsAre("auth 1 ok"));
  EXPECT_THAT(Do(Deauthenticate{}), IsEmpty());
  EXPECT_FALSE(session.who.authenticated);
  parts.now += absl::Seconds(10);
  EXPECT_THAT(Do(Publish{"news", Payload::Json("0")}), ElementsAre("ok 1 "));
  EXPECT_EQ(tap.publications.size(), 1);
  EXPECT_THAT(Do(Malformed{MakeError(Fault::kParse)}), ElementsAre("err 1 parse"));
}

TEST_F(CommandsTest, ADialectMayAnswerByItselfAndThenClose) {
  EXPECT_THAT(Do(Say{"pong", {}}), ElementsAre("pong"));
  EXPECT_THAT(parts.closer.closed, IsEmpty());
  EXPECT_THAT(Do(Say{"bye", {4000, ""}}), ElementsAre("bye"));
  ASSERT_EQ(parts.closer.closed.size(), 1);
  EXPECT_EQ(parts.closer.closed[0].cause, CloseCause::kProtocol);
}

TEST_F(CommandsTest, WhatBreaksTheDialectClosesWithoutAWord) {
  EXPECT_THAT(Do(Hopeless{{4000, ""}}), IsEmpty());
  ASSERT_EQ(parts.closer.closed.size(), 1);
  EXPECT_EQ(parts.closer.closed[0].cause, CloseCause::kProtocol);
}

TEST_F(CommandsTest, TooMuchIsAnErrorAndFarTooMuchCloses) {
  Spend();
  EXPECT_THAT(Do(ListMethods{}), ElementsAre("err 1 rate_limited"));
  EXPECT_THAT(parts.closer.closed, IsEmpty());
  EXPECT_THAT(Do(ListMethods{}), IsEmpty());
  ASSERT_EQ(parts.closer.closed.size(), 1);
  EXPECT_EQ(parts.closer.closed[0].cause, CloseCause::kRateLimited);
}

TEST_F(CommandsTest, AnAnswerThatWasAskedForCostsNothing) {
  Ask(7);
  Spend();
  EXPECT_THAT(Do(Answer{7, Payload::Json("yes")}), ElementsAre("ok 1 true"));
  EXPECT_EQ(sink->answers, 1);
  EXPECT_THAT(Do(Answer{7, Payload::Json("yes")}), ElementsAre("err 1 rate_limited"));
}

TEST_F(CommandsTest, AnAnswerThatNobodyAwaitsIsRejected) {
  EXPECT_THAT(Do(Answer{7, Payload::Json("yes")}), ElementsAre("err 1 rejected"));
  EXPECT_THAT(Do(Answer{7, Payload::Json("yes")}, /*answer=*/false), IsEmpty());
}

TEST_F(CommandsTest, SubscriptionsCostNothingAsManyAsItMayHave) {
  session.inbox.free_channels = 3;
  Spend();
  EXPECT_THAT(Do(Subscribe{{"x", "y"}}), ElementsAre("chan 1 x=0,y=0"));
  EXPECT_EQ(session.inbox.free_channels, 1);
  EXPECT_THAT(Do(Subscribe{{"z", "zz"}}), ElementsAre("err 1 rate_limited")) << "one too many";
  EXPECT_EQ(session.inbox.free_channels, 1);
}

TEST_F(CommandsTest, WithoutARateNothingIsCharged) {
  ShardOptions options;
  options.policy.rates.commands_per_second = 0;
  ShardParts unbounded(options);
  Session& free = unbounded.Open("chat", "b");
  for (int i = 0; i < 1000; ++i) commands.Execute(free, {{}, Ignore{}}, {}, unbounded.now);
  EXPECT_THAT(parts.closer.closed, IsEmpty());
}

}  // namespace
}  // namespace sluice::hub
