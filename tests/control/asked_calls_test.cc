// SPDX-License-Identifier: Apache-2.0
//
// What a node keeps of the calls that other nodes asked for, without the others.
#include "control/asked_calls.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "control/status.h"
#include "tests/control/answers.h"
#include "tests/control/cluster_world.h"

namespace sluice::control {
namespace {

using internal::v1::FetchAnswersResponse;
using testing::ElementsAre;
using testing::IsEmpty;

struct AskedCallsTest : testing::Test {
  using Reply = std::optional<absl::StatusOr<FetchAnswersResponse>>;

  explicit AskedCallsTest(Limits limits = {}) : world(1, limits) {}

  void Begin(int timeout_s = 60) {
    v1::CallRequest request;
    request.mutable_selector()->set_namespace_("chat");
    request.set_method("m");
    request.mutable_timeout()->set_seconds(timeout_s);
    asked.Begin(node, "x", request, world.now());
    world.Run();
  }
  void Fetch(Reply& reply, uint64_t after = 0, absl::Duration wait = absl::Seconds(5)) {
    asked.Fetch(
        node, "x", after, wait, [&reply](auto given) { reply = std::move(given); }, world.now());
  }
  void Answer(fakes::FakeClient& client, const std::string& what) {
    world[0].world.Say(client, "answer - 1 " + what);
    world.Run();
  }
  static std::vector<std::string> LinesOf(const Reply& reply) {
    if (!reply || !reply->ok()) return {"no reply"};
    std::vector<std::string> lines;
    for (const auto& answer : (*reply)->answers()) lines.push_back(LineOf(answer));
    return lines;
  }
  static std::string ReasonOf(const Reply& reply) {
    return reply ? control::ReasonOf(reply->status()) : "no reply";
  }

  ClusterWorld world;
  const Node& node = world[0].node;
  AskedCalls& asked = world[0].calls.asked();
  std::unique_ptr<fakes::FakeClient> a = world[0].world.Connect("chat", "a");
  std::unique_ptr<fakes::FakeClient> b = world[0].world.Connect("chat", "b");
  int64_t held() const { return world.nodes.front()->control_probe.client_call_bytes.value(); }
};

TEST_F(AskedCallsTest, AFetchWaitsForTheNextAnswer) {
  Reply first, second;
  Begin();
  Fetch(first);
  EXPECT_FALSE(first);
  Answer(*a, "1");
  EXPECT_THAT(LinesOf(first), ElementsAre("a: 1"));
  EXPECT_FALSE((*first)->has_outcome());
  Fetch(second, 1);
  EXPECT_FALSE(second);
  Answer(*b, "2");
  EXPECT_THAT(LinesOf(second), ElementsAre("b: 2"));
  EXPECT_EQ((*second)->outcome().enqueued(), 2);
  EXPECT_GT(held(), 0) << "it may not have arrived";
  asked.Forget("x");
  EXPECT_EQ(held(), 0);
  EXPECT_EQ(asked.size(), 0);
}

TEST_F(AskedCallsTest, WhatHasNotArrivedIsFetchedAgain) {
  Reply lost, again, behind;
  Begin();
  Answer(*a, "1");
  Fetch(lost);
  Fetch(again);
  EXPECT_THAT(LinesOf(again), ElementsAre("a: 1"));
  Answer(*b, "2");
  Fetch(behind, 1);
  EXPECT_THAT(LinesOf(behind), ElementsAre("b: 2"));
  Fetch(again, 0);
  EXPECT_EQ(ReasonOf(again), "CALL_UNKNOWN") << "that it had arrived was said";
}

TEST_F(AskedCallsTest, AFetchThatComesFirstWaitsForTheCall) {
  Reply reply;
  Fetch(reply);
  Begin();
  EXPECT_FALSE(reply);
  Answer(*a, "1");
  EXPECT_THAT(LinesOf(reply), ElementsAre("a: 1"));
}

TEST_F(AskedCallsTest, WhatNeverBeganIsNotKnown) {
  Reply waits, at_once;
  Fetch(at_once, 3);
  EXPECT_EQ(ReasonOf(at_once), "CALL_UNKNOWN");
  Fetch(waits);
  world.Pass(absl::Seconds(4));
  EXPECT_FALSE(waits);
  world.Pass(absl::Seconds(2));
  EXPECT_EQ(ReasonOf(waits), "CALL_UNKNOWN");
  EXPECT_EQ(asked.size(), 0);
}

TEST_F(AskedCallsTest, AWaitEndsWithNothing) {
  Reply older, newer;
  Begin();
  Fetch(older);
  Fetch(newer, 0, absl::Seconds(1));
  EXPECT_THAT(LinesOf(older), IsEmpty()) << "one waits at a time";
  EXPECT_FALSE(newer);
  world.Pass(absl::Seconds(2));
  EXPECT_THAT(LinesOf(newer), IsEmpty());
  EXPECT_FALSE((*newer)->has_outcome());
  EXPECT_EQ(asked.size(), 1);
}

TEST_F(AskedCallsTest, ACallThatNobodyFetchesFromEnds) {
  Reply reply;
  Begin(/*timeout_s=*/300);
  EXPECT_EQ(world[0].calls.awaited(), 2);
  Answer(*a, "1");
  Fetch(reply);
  world.Pass(absl::Seconds(30));
  EXPECT_EQ(asked.size(), 0);
  EXPECT_EQ(world[0].calls.awaited(), 0);
  EXPECT_EQ(world[0].world.shard().requests(), 0);
  EXPECT_EQ(held(), 0);
}

TEST_F(AskedCallsTest, AForgottenCallEndsWhoWaits) {
  Reply reply;
  Begin();
  Fetch(reply);
  asked.Forget("x");
  asked.Forget("x");
  world.Run();
  EXPECT_EQ(ReasonOf(reply), "CALL_UNKNOWN");
  EXPECT_EQ(world[0].calls.awaited(), 0);
  EXPECT_EQ(world[0].world.shard().requests(), 0);
}

TEST_F(AskedCallsTest, WhoFetchesIsToldWhyItDidNotBegin) {
  Reply reply;
  asked.Begin(node, "x", v1::CallRequest(), world.now());
  Fetch(reply);
  EXPECT_EQ(ReasonOf(reply), "NAMESPACE_INVALID");
  EXPECT_EQ(asked.size(), 0);
}

struct NarrowAskedCallsTest : AskedCallsTest {
  static Limits Narrow() {
    Limits limits;
    limits.response_bytes = 200;
    limits.call_queue_bytes = 300;
    limits.client_calls_bytes = 1000;
    return limits;
  }
  NarrowAskedCallsTest() : AskedCallsTest(Narrow()) {}
  const std::string large = "\"" + std::string(140, 'x') + "\"";
};

TEST_F(NarrowAskedCallsTest, AnswersComeInPages) {
  Reply first, second;
  Begin();
  Answer(*a, large);
  Answer(*b, "\"" + std::string(110, 'x') + "\"");
  Fetch(first);
  EXPECT_EQ((*first)->answers_size(), 1);
  EXPECT_FALSE((*first)->has_outcome());
  Fetch(second, 1);
  EXPECT_EQ((*second)->answers_size(), 1);
  EXPECT_TRUE((*second)->has_outcome());
}

TEST_F(NarrowAskedCallsTest, AnOutcomeThatIsLargeComesByItself) {
  Reply first, second;
  v1::CallRequest request;
  request.mutable_selector()->set_namespace_("chat");
  request.mutable_selector()->add_connection_ids("a");
  request.mutable_selector()->add_connection_ids(std::string(150, 'x'));
  request.set_method("m");
  asked.Begin(node, "x", request, world.now());
  world.Run();
  Answer(*a, large);
  Fetch(first);
  EXPECT_EQ((*first)->answers_size(), 1);
  EXPECT_FALSE((*first)->has_outcome());
  Fetch(second, 1);
  EXPECT_EQ((*second)->outcome().not_found_size(), 1);
  EXPECT_EQ(asked.size(), 0);
}

TEST_F(NarrowAskedCallsTest, AnAnswerThatFitsIntoNoMessage) {
  Reply reply;
  Begin();
  Answer(*a, "\"" + std::string(500, 'x') + "\"");
  Fetch(reply);
  EXPECT_THAT(LinesOf(reply), ElementsAre("a: AnswerTooLarge"));
}

TEST_F(NarrowAskedCallsTest, WhatHoldsTooMuchEndsBehindWhatIsThere) {
  Reply first, second;
  auto c = world[0].world.Connect("chat", "c");
  Begin();
  Answer(*a, large);
  Answer(*b, large);
  EXPECT_EQ(world[0].control_probe.call_overflows.value(), 1);
  EXPECT_EQ(world[0].calls.awaited(), 0);
  Fetch(first);
  EXPECT_EQ((*first)->answers_size(), 1);
  Fetch(second, 1);
  EXPECT_EQ(ReasonOf(second), "CALLER_TOO_SLOW");
  EXPECT_EQ(asked.size(), 0);
  EXPECT_EQ(held(), 0);
}

}  // namespace
}  // namespace sluice::control
