// SPDX-License-Identifier: Apache-2.0
#include "gateway/hub/answers.h"

#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "gateway/hub/command.h"
#include "gateway/hub/session.h"
#include "tests/fakes/shard_parts.h"

namespace sluice::hub {
namespace {

using fakes::ShardParts;
using testing::ElementsAre;
using testing::IsEmpty;

ShardOptions Narrow() {
  ShardOptions options;
  options.policy.delivery.outbox_bytes = 2000;
  return options;
}

struct AnswersTest : testing::Test {
  ShardParts parts{Narrow()};
  std::vector<Question>& questions = parts.commands.questions;
  Answers& answers = parts.answers;
  Session& session = parts.Open("chat", "a");

  std::vector<std::string> Heard() { return ShardParts::SocketOf(session).Take(); }
  void Begin(const std::vector<std::string>& ids) {
    absl::InlinedVector<Command, 1> batch;
    for (const std::string& id : ids) batch.push_back({{id, 0, id != "-"}, Ignore{}});
    answers.BeginBatch(session, std::move(batch), parts.now);
  }
  void Succeed(size_t i, const std::string& result) {
    answers.Succeed(session, questions[i], Payload::Json(result), parts.now);
  }
};

TEST_F(AnswersTest, SaysWhatBecameOfAQuestion) {
  answers.Succeed(session, {{"1"}}, Payload::Json("yes"), parts.now);
  answers.Fail(session, {{"2"}}, Fault::kTimeout, parts.now);
  answers.Finish(session, {}, std::nullopt, parts.now);
  EXPECT_THAT(Heard(), ElementsAre("ok 1 yes", "err 2 timeout"));
  EXPECT_EQ(parts.probe.faults[static_cast<size_t>(Fault::kTimeout)].value(), 1);
}

TEST_F(AnswersTest, WhoWantsNoAnswerGetsNone) {
  const Question silent{{"-", 0, false}};
  answers.Succeed(session, silent, Payload::Json("yes"), parts.now);
  answers.Fail(session, silent, Fault::kTimeout, parts.now);
  EXPECT_THAT(Heard(), IsEmpty());
}

TEST_F(AnswersTest, AnAnswerThatIsTooLargeIsAnErrorInItsPlace) {
  answers.Succeed(session, {{"1"}}, Payload::Json(std::string(3000, '1')), parts.now);
  EXPECT_THAT(Heard(), ElementsAre("err 1 message_too_large"));
  EXPECT_THAT(parts.closer.closed, IsEmpty()) << "it is not the client's fault";
}

TEST_F(AnswersTest, ABatchIsCarriedOutInOrderAndAnsweredAtOnce) {
  Begin({"1", "-", "2"});
  ASSERT_EQ(questions.size(), 1) << "the next waits for the answer";
  Succeed(0, "a");
  ASSERT_EQ(questions.size(), 2);
  Succeed(1, "b");
  EXPECT_THAT(Heard(), IsEmpty());
  Succeed(2, "c");
  EXPECT_THAT(Heard(), ElementsAre("ok 1 a|ok 2 c"));
  EXPECT_TRUE(session.under_way.batches.empty());
}

TEST_F(AnswersTest, ABatchWithoutAnswersSaysNothing) {
  Begin({"-"});
  Succeed(0, "a");
  EXPECT_THAT(Heard(), IsEmpty());
}

TEST_F(AnswersTest, ABatchLeavesRoomForTheErrorsOfThoseThatAreLeft) {
  Begin({"1", "2", "3"});
  Succeed(0, std::string(1600, '1'));
  Succeed(1, "b");
  Succeed(2, "c");
  EXPECT_THAT(Heard(), ElementsAre("err 1 message_too_large|ok 2 b|ok 3 c"));
}

TEST_F(AnswersTest, NothingComesOfABatchWhoseSessionHasLeft) {
  Begin({"1", "2"});
  answers.Forget(session);
  Succeed(0, "a");
  EXPECT_EQ(questions.size(), 1);
  EXPECT_THAT(Heard(), IsEmpty());
}

}  // namespace
}  // namespace sluice::hub
