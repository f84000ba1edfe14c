// SPDX-License-Identifier: Apache-2.0
//
// Calls of the clients of three nodes.
#include "control/cluster_call.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/control/rough_cluster.h"

namespace sluice::control {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

using ClusterCallTest = RoughCluster;

TEST_F(ClusterCallTest, AnswersComeWhileOthersAreAwaited) {
  Call(Request(10));
  Settle();
  EXPECT_EQ(hub(2).calls.awaited(), 2);
  Answer("a2", "2");
  Settle();
  EXPECT_THAT(answers.lines, ElementsAre("a2: 2"));
  Answer("a1", "1");
  Settle();
  Answer("a3", "3");
  Settle();
  EXPECT_THAT(answers.lines, ElementsAre("a2: 2", "a1: 1", "a3: 3"));
  HubOf("b3").world.Vanish(*clients["b3"]);
  Settle();
  EXPECT_THAT(answers.lines, ElementsAre("a2: 2", "a1: 1", "a3: 3", "b3: disconnected"));
  EXPECT_FALSE(answers.outcome);
  Pass(absl::Seconds(11));
  ASSERT_TRUE(answers.outcome);
  EXPECT_EQ(answers.lines.size(), 6);
  EXPECT_EQ(answers.outcome->matched(), 6);
  EXPECT_EQ(answers.outcome->enqueued(), 6);
  EXPECT_THAT(answers.outcome->unreachable(), IsEmpty());
  ExpectNothingIsLeft({1, 2, 3});
}

TEST_F(ClusterCallTest, ItEndsWithTheLastAnswer) {
  auto request = Request(60);
  request.mutable_selector()->add_connection_ids("a2");
  request.mutable_selector()->add_connection_ids("nobody");
  Call(request);
  Settle();
  EXPECT_FALSE(answers.outcome);
  Answer("a2", "2");
  Settle();
  ASSERT_TRUE(answers.outcome);
  EXPECT_THAT(answers.lines, ElementsAre("a2: 2"));
  EXPECT_EQ(answers.outcome->matched(), 1);
  EXPECT_THAT(answers.outcome->not_found(), ElementsAre("nobody"));
  ExpectNothingIsLeft({1, 2, 3});
}

TEST_F(ClusterCallTest, ACallerThatGoesAwayIsForgottenEverywhere) {
  auto call = Call(Request(60));
  Settle();
  Answer("a3", "3");
  call->Forget();
  call->Forget();
  Settle();
  ExpectNothingIsLeft({1, 2, 3});
  Answer("b2", "2");
  Pass(absl::Seconds(1));
  EXPECT_FALSE(answers.outcome);
  EXPECT_EQ(bus.asks(), 0);
}

TEST_F(ClusterCallTest, WhoGoesAwayAtOnceIsForgottenToo) {
  auto call = Call(Request(60));
  call->Forget();
  Settle();
  Pass(absl::Seconds(30));
  EXPECT_THAT(answers.lines, IsEmpty());
  ExpectNothingIsLeft({1, 2, 3});
}

TEST_F(ClusterCallTest, OfANodeThatDiesStaysWhatCame) {
  auto request = Request(60);
  for (const char* id : {"a1", "a2", "b2", "a3"}) {
    request.mutable_selector()->add_connection_ids(id);
  }
  Call(request);
  Settle();
  Answer("a2", "2");
  Settle();
  bus.Die("n2");
  bus.TellGone("n2");
  Answer("a1", "1");
  Answer("a3", "3");
  Settle();
  EXPECT_THAT(answers.lines, UnorderedElementsAre("a2: 2", "a1: 1", "a3: 3"));
  ASSERT_TRUE(answers.outcome) << "nobody is left to be waited for";
  EXPECT_THAT(answers.outcome->unreachable(), ElementsAre("n2"));
  EXPECT_EQ(answers.outcome->matched(), 3);
  EXPECT_EQ(answers.outcome->enqueued(), 3);
  EXPECT_THAT(answers.outcome->not_found(), ElementsAre("b2"));
  ExpectNothingIsLeft({1, 3});
}

TEST_F(ClusterCallTest, ANodeThatIsNotHeardIsUnreachableAtTheEnd) {
  Call(Request(10));
  Settle();
  for (const char* id : {"a1", "b1", "a3", "b3"}) Answer(id, "1");
  Settle();
  bus.Cut("n2");
  Answer("a2", "lost");
  Pass(absl::Seconds(11));
  EXPECT_FALSE(answers.outcome);
  Pass(absl::Seconds(2));
  ASSERT_TRUE(answers.outcome);
  EXPECT_EQ(answers.lines.size(), 4);
  EXPECT_THAT(answers.outcome->unreachable(), ElementsAre("n2"));
  EXPECT_EQ(answers.outcome->enqueued(), 4);
  Pass(absl::Seconds(30));
  ExpectNothingIsLeft({1, 2, 3});
}

TEST_F(ClusterCallTest, WhatIsLostOnTheWayComesLaterAndOnce) {
  Call(Request(60));
  Settle();
  Answer("a2", "2");
  hub(2).world.Run();  // its reply is on its way
  bus.Cut("n2");
  bus.Mend("n2");
  Settle();
  EXPECT_THAT(answers.lines, IsEmpty());
  Pass(absl::Seconds(8));
  EXPECT_THAT(answers.lines, ElementsAre("a2: 2"));
  for (const char* id : {"a1", "b1", "b2", "a3", "b3"}) Answer(id, "1");
  Settle();
  ASSERT_TRUE(answers.outcome);
  EXPECT_EQ(answers.lines.size(), 6);
  EXPECT_THAT(answers.outcome->unreachable(), IsEmpty());
  ExpectNothingIsLeft({1, 2, 3});
}

TEST_F(ClusterCallTest, ACallThatANodeNeverHeardOfIsNotWaitedForLong) {
  bus.Cut("n2");
  Call(Request(60));
  for (auto& node : nodes) node->hub.world.Run();
  bus.Mend("n2");
  Settle();
  for (const char* id : {"a1", "b1", "a3", "b3"}) Answer(id, "1");
  Pass(absl::Seconds(20));
  ASSERT_TRUE(answers.outcome);
  EXPECT_THAT(answers.outcome->unreachable(), ElementsAre("n2"));
  EXPECT_EQ(hub(2).calls.awaited(), 0);
}

TEST_F(ClusterCallTest, WhenTheAskerDiesTheOthersForget) {
  Call(Request(300));
  Settle();
  Answer("a2", "2");
  bus.Die("n1");
  Settle();
  EXPECT_EQ(hub(2).calls.awaited(), 1);
  Pass(absl::Seconds(30));
  ExpectNothingIsLeft({2, 3});
}

}  // namespace
}  // namespace sluice::control
