// SPDX-License-Identifier: Apache-2.0
//
// What clients owe to backends, by itself: the counts of everybody are right after each way in
// which an answer comes or does not.
#include "gateway/hub/requests.h"

#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "gateway/hub/deadlines.h"
#include "gateway/hub/session.h"
#include "tests/fakes/shard_parts.h"

namespace sluice::hub {
namespace {

using fakes::ShardParts;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

struct NotedSink final : AnswerSink {
  void OnAnswer(ClientAnswer answer) override {
    const char* how = "disconnected";
    if (auto* payload = std::get_if<Payload>(&answer.how)) how = payload->bytes.c_str();
    if (std::holds_alternative<CallError>(answer.how)) how = "error";
    if (std::holds_alternative<ClientAnswer::TimedOut>(answer.how)) how = "timed out";
    heard.push_back(answer.connection + "/" + answer.user + ": " + how);
  }
  std::vector<std::string> heard;
};

ShardOptions Narrow() {
  ShardOptions options;
  options.policy.requests_per_connection = 2;
  return options;
}

struct RequestsPartTest : testing::Test {
  ShardParts parts{Narrow()};
  Requests requests{0, 3, parts.deadlines, parts.probe};
  Session& ann = parts.Open("chat", "a", "ann");
  Session& bob = parts.Open("chat", "b", "bob");
  std::shared_ptr<NotedSink> sink = std::make_shared<NotedSink>();

  void Ask(Session& session, uint64_t number, uint64_t call = 7) {
    requests.Add(session, number, {call, absl::Seconds(5), sink}, parts.now);
  }
  // Who was found to have been asked, for each that was due.
  std::vector<Session*> Pass(absl::Duration time) {
    std::vector<Session*> asked;
    parts.now += time;
    parts.deadlines.Advance(parts.now, [&](Deadlines::Kind kind, Key key) {
      EXPECT_EQ(kind, Deadlines::Kind::kRequest);
      asked.push_back(requests.OnDeadline(key, parts.sessions));
    });
    return asked;
  }
};

TEST_F(RequestsPartTest, AnAnswerNamesItsNumberAndComesOnce) {
  Ask(ann, 1);
  EXPECT_TRUE(Requests::Awaits(ann, 1));
  EXPECT_FALSE(Requests::Awaits(bob, 1));
  EXPECT_FALSE(requests.Answer(ann, 2, Payload::Json("no"))) << "no such number";
  EXPECT_FALSE(requests.Answer(bob, 1, Payload::Json("no"))) << "another's";
  EXPECT_TRUE(requests.Answer(ann, 1, Payload::Json("yes")));
  EXPECT_FALSE(requests.Answer(ann, 1, Payload::Json("again")));
  EXPECT_THAT(sink->heard, ElementsAre("a/ann: yes"));
  EXPECT_EQ(requests.size(), 0);
  EXPECT_EQ(ann.under_way.owed(), 0);
  EXPECT_THAT(Pass(absl::Seconds(6)), IsEmpty()) << "its deadline is gone as well";
}

TEST_F(RequestsPartTest, AnErrorIsAnAnswer) {
  Ask(ann, 1);
  EXPECT_TRUE(requests.Answer(ann, 1, CallError{}));
  EXPECT_THAT(sink->heard, ElementsAre("a/ann: error"));
}

TEST_F(RequestsPartTest, BothBoundsHoldAndAreCounted) {
  Ask(ann, 1);
  EXPECT_TRUE(requests.MayAsk(ann));
  Ask(ann, 2);
  EXPECT_FALSE(requests.MayAsk(ann)) << "of one connection";
  EXPECT_TRUE(requests.MayAsk(bob));
  Ask(bob, 1);
  EXPECT_FALSE(requests.MayAsk(bob)) << "of the shard";
  EXPECT_EQ(parts.probe.client_calls_limited.value(), 2);
  requests.Answer(ann, 1, Payload::None());
  EXPECT_TRUE(requests.MayAsk(ann));
}

TEST_F(RequestsPartTest, TimeRunsOut) {
  Ask(ann, 1);
  EXPECT_THAT(Pass(absl::Seconds(4)), IsEmpty());
  EXPECT_THAT(Pass(absl::Seconds(2)), ElementsAre(&ann));
  EXPECT_THAT(sink->heard, ElementsAre("a/ann: timed out"));
  EXPECT_FALSE(requests.Answer(ann, 1, Payload::Json("late")));
  EXPECT_EQ(requests.size(), 0);
  EXPECT_EQ(parts.probe.client_call_timeouts.value(), 1);
}

TEST_F(RequestsPartTest, ADeadlineThatWasAnsweredMeanwhileFindsNobody) {
  Ask(ann, 1);
  const Key key = ann.under_way.requests->at(1);
  requests.Answer(ann, 1, Payload::None());
  EXPECT_EQ(requests.OnDeadline(key, parts.sessions), nullptr);
  EXPECT_EQ(parts.probe.client_call_timeouts.value(), 0);
}

TEST_F(RequestsPartTest, WhoLeavesAnswersEverythingWithThat) {
  Ask(ann, 1);
  Ask(ann, 2, /*call=*/8);
  Ask(bob, 1);
  requests.Abandon(ann);
  EXPECT_THAT(sink->heard, ElementsAre("a/ann: disconnected", "a/ann: disconnected"));
  EXPECT_EQ(requests.size(), 1);
  requests.Abandon(ann);  // it owes nothing any more
  EXPECT_EQ(sink->heard.size(), 2);
}

TEST_F(RequestsPartTest, ForgettingACallFreesThoseWhoHaveNotAnswered) {
  Ask(ann, 1);
  Ask(bob, 1);
  Ask(ann, 2, /*call=*/8);
  requests.Answer(bob, 1, Payload::Json("yes"));
  std::vector<SessionKey> freed;
  auto note = [&](SessionKey key) { freed.push_back(key); };
  requests.Forget(7, parts.sessions, note);
  EXPECT_THAT(freed, ElementsAre(ann.key));
  EXPECT_THAT(sink->heard, ElementsAre("b/bob: yes")) << "nobody wants the others";
  EXPECT_FALSE(Requests::Awaits(ann, 1));
  EXPECT_TRUE(Requests::Awaits(ann, 2)) << "of another call";
  requests.Forget(7, parts.sessions, note);
  requests.Forget(12345, parts.sessions, note);
  EXPECT_EQ(freed.size(), 1);
  EXPECT_EQ(requests.size(), 1);
}

// An eviction may close the session as soon as it owes nothing.
TEST_F(RequestsPartTest, WhoIsFreedMayLeaveMeanwhile) {
  Ask(ann, 1);
  Ask(ann, 2);
  Ask(bob, 1);
  std::vector<SessionKey> freed;
  requests.Forget(7, parts.sessions, [&](SessionKey key) {
    freed.push_back(key);
    if (key == ann.key) requests.Abandon(ann);
  });
  EXPECT_THAT(freed, UnorderedElementsAre(ann.key, bob.key));
  EXPECT_EQ(requests.size(), 0);
  EXPECT_THAT(sink->heard, ElementsAre("a/ann: disconnected"));
}

TEST_F(RequestsPartTest, ACallWithoutANumberCannotBeForgotten) {
  Ask(ann, 1, /*call=*/0);
  requests.Forget(0, parts.sessions, [](SessionKey) { FAIL(); });
  EXPECT_EQ(requests.size(), 1);
}

}  // namespace
}  // namespace sluice::hub
