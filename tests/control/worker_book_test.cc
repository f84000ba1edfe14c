// SPDX-License-Identifier: Apache-2.0
#include "control/worker_book.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <utility>

namespace sluice::control {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

struct WorkerBookTest : testing::Test {
  static hub::CallKey Call(uint32_t shard, uint32_t slot) {
    return hub::CallKey::Make(shard, slot, 1);
  }

  uint64_t Give(hub::CallKey call, const std::string& method = "m") {
    v1::Invocation invocation;
    invocation.mutable_call()->set_method(method);
    const size_t bytes = invocation.ByteSizeLong();
    return book.Give(call, std::move(invocation), bytes);
  }

  uint64_t GiveErrand(const std::string& node, uint64_t number) {
    v1::Invocation invocation;
    invocation.mutable_call()->set_method("m");
    const size_t bytes = invocation.ByteSizeLong();
    return book.Give(Errand{node, node + "-epoch", number, nullptr}, std::move(invocation), bytes);
  }

  Limits limits;
  WorkerBook book{limits};
  LostErrands errands;
};

TEST_F(WorkerBookTest, NumbersCountFromOneAndAreWhatIsWritten) {
  EXPECT_EQ(Give(Call(0, 7)), 1);
  EXPECT_EQ(Give(Call(0, 8)), 2);
  v1::ServeResponse message = book.outbox().Take();
  ASSERT_EQ(message.invocations_size(), 2);
  EXPECT_EQ(message.invocations(0).id(), 1);
  EXPECT_EQ(message.invocations(1).id(), 2);
}

TEST_F(WorkerBookTest, ACallIsSettledOnce) {
  const uint64_t number = Give(Call(1, 7));
  EXPECT_FALSE(book.settled());
  EXPECT_EQ(book.Settle(number), Call(1, 7));
  EXPECT_TRUE(book.settled());
  EXPECT_EQ(book.Settle(number), std::nullopt);
}

TEST_F(WorkerBookTest, ANumberThatWasSkippedIsNotOwed) {
  const uint64_t number = book.Skip();
  EXPECT_TRUE(book.settled());
  EXPECT_EQ(book.Settle(number), std::nullopt);
  EXPECT_FALSE(book.Cancel(number));
  EXPECT_TRUE(book.outbox().empty());
  EXPECT_EQ(Give(Call(0, 7)), number + 1);
}

TEST_F(WorkerBookTest, WhatIsCancelledIsStillOwed) {
  const uint64_t number = Give(Call(0, 7));
  EXPECT_TRUE(book.Cancel(number));
  EXPECT_FALSE(book.settled());
  EXPECT_THAT(book.outbox().Take().cancelled(), ElementsAre(number));
  EXPECT_EQ(book.Settle(number), Call(0, 7));
  EXPECT_FALSE(book.Cancel(number));
  EXPECT_TRUE(book.outbox().empty());
}

TEST_F(WorkerBookTest, WhatIsLostIsSentOrNot) {
  Give(Call(1, 9));
  Give(Call(0, 8));
  Give(Call(1, 7));
  book.outbox().Take();
  Give(Call(1, 6), "waits");
  std::vector<hub::LostWork> lost = book.TakeLost(3, errands);
  ASSERT_EQ(lost.size(), 3);
  EXPECT_THAT(lost[0].sent, ElementsAre(Call(0, 8)));
  EXPECT_THAT(lost[0].unsent, IsEmpty());
  EXPECT_THAT(lost[1].sent, ElementsAre(Call(1, 9), Call(1, 7)));
  ASSERT_EQ(lost[1].unsent.size(), 1);
  EXPECT_EQ(lost[1].unsent[0].call, Call(1, 6));
  EXPECT_EQ(lost[1].unsent[0].method, "waits");
  EXPECT_THAT(lost[2].sent, IsEmpty());
  EXPECT_TRUE(book.settled());
}

TEST_F(WorkerBookTest, AnAnswerToWhatStillWaitsSettlesIt) {
  const uint64_t number = Give(Call(0, 7));
  EXPECT_EQ(book.Settle(number), Call(0, 7));
  std::vector<hub::LostWork> lost = book.TakeLost(1, errands);
  EXPECT_THAT(lost[0].sent, IsEmpty());
  EXPECT_THAT(lost[0].unsent, IsEmpty());
}

TEST_F(WorkerBookTest, NothingIsLostTwice) {
  Give(Call(0, 7));
  book.TakeLost(1, errands);
  EXPECT_TRUE(book.outbox().empty());
  std::vector<hub::LostWork> lost = book.TakeLost(1, errands);
  EXPECT_THAT(lost[0].sent, IsEmpty());
  EXPECT_THAT(lost[0].unsent, IsEmpty());
}

TEST_F(WorkerBookTest, AnErrandIsSettledOnceAndIsNoCall) {
  const uint64_t number = GiveErrand("n2", 7);
  EXPECT_EQ(book.Settle(number), std::nullopt);
  EXPECT_FALSE(book.settled());
  auto errand = book.SettleErrand(number);
  ASSERT_TRUE(errand.has_value());
  EXPECT_EQ(errand->node, "n2");
  EXPECT_EQ(errand->number, 7);
  EXPECT_TRUE(book.settled());
  EXPECT_FALSE(book.SettleErrand(number).has_value());
  EXPECT_FALSE(book.CancelErrand("n2", 7));
}

TEST_F(WorkerBookTest, ErrandsAreCancelledByWhatTheirNodeCallsThem) {
  GiveErrand("n2", 7);
  const uint64_t other = GiveErrand("n3", 7);
  GiveErrand("n3", 8);
  EXPECT_TRUE(book.CancelErrand("n3", 7));
  EXPECT_FALSE(book.CancelErrand("n4", 7));
  EXPECT_THAT(book.outbox().Take().cancelled(), ElementsAre(other));
  EXPECT_EQ(book.CancelErrands("n3"), 2);
  EXPECT_EQ(book.outbox().Take().cancelled_size(), 2);
  EXPECT_FALSE(book.settled()) << "they are still owed";
}

TEST_F(WorkerBookTest, LostErrandsAreSentOrNotAsWell) {
  GiveErrand("n2", 7);
  Give(Call(0, 8));
  book.outbox().Take();
  GiveErrand("n2", 9);
  auto lost = book.TakeLost(1, errands);
  EXPECT_THAT(lost[0].sent, ElementsAre(Call(0, 8)));
  ASSERT_EQ(errands.sent.size(), 1);
  EXPECT_EQ(errands.sent[0].number, 7);
  ASSERT_EQ(errands.unsent.size(), 1);
  EXPECT_EQ(errands.unsent[0].errand.number, 9);
  EXPECT_EQ(errands.unsent[0].invocation.call().method(), "m");
  EXPECT_TRUE(book.settled());
}

}  // namespace
}  // namespace sluice::control
