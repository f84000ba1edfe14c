// SPDX-License-Identifier: Apache-2.0
//
// How calls wait, start and end.
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "gateway/hub/calls.h"
#include "gateway/hub/endpoints.h"
#include "gateway/hub/tokens.h"
#include "tests/hub/calls_alone.h"

namespace sluice::hub {
namespace {

using fakes::FakeWorker;
using testing::ElementsAre;
using testing::IsEmpty;

using CallsPartTest = CallsAlone;

TEST_F(CallsPartTest, IsGivenToWhoHasCreditWithAllItsFacts) {
  auto worker = Serve(1);
  PendingCall* call = Begin("a");
  ASSERT_EQ(worker->invoked.size(), 1);
  const auto& given = worker->invoked[0];
  EXPECT_EQ(given.call, call->key());
  EXPECT_EQ(given.method, "m");
  EXPECT_EQ(given.params.bytes, "a");
  EXPECT_EQ(given.context.connection, std::to_string(Key::Make(kShard, 1, 1).value));
  EXPECT_EQ(given.context.deadline, now.date + absl::Seconds(10));
  EXPECT_EQ(probe.calls.value(), 1);
  EXPECT_EQ(probe.calls_in_flight.value(), 1);
  EXPECT_EQ(probe.calls_queued.value(), 0);
}

TEST_F(CallsPartTest, IsOffTheBooksWhenItsOwnerIsTold) {
  auto worker = Serve(1);
  const CallKey key = Begin("a")->key();
  auto token = std::make_unique<Token>();
  token->text = "t";
  calls.Complete(key, Payload::Json("1"), now, std::move(token));
  EXPECT_THAT(owner.ended, ElementsAre("a=1"));
  EXPECT_THAT(owner.tokens, ElementsAre("t"));
  EXPECT_THAT(owner.in_flight, ElementsAre(0));
  EXPECT_EQ(calls.size(), 0);
  EXPECT_EQ(calls.Find(key), nullptr);
  Pass(absl::Seconds(20));
  EXPECT_EQ(owner.ended.size(), 1) << "its deadline is gone as well";
}

TEST_F(CallsPartTest, AResultThatNobodyWaitsForIsCounted) {
  auto worker = Serve(1);
  const CallKey done = Begin("a")->key();
  calls.Complete(done, Payload::Json("1"), now, nullptr);
  calls.Complete(done, Payload::Json("2"), now, nullptr);
  const CallKey waiting = Begin("b")->key();  // the fake has not given its credit back
  calls.Complete(waiting, Payload::Json("3"), now, nullptr);
  EXPECT_THAT(owner.ended, ElementsAre("a=1"));
  EXPECT_EQ(probe.results_dropped.value(), 2);
}

TEST_F(CallsPartTest, NobodyOvertakesWhatWaits) {
  auto worker = Serve(0);
  Begin("a");
  worker->AddCredit(1);
  Begin("b");
  EXPECT_THAT(Given(*worker), IsEmpty()) << "credit is given out by Pump";
  EXPECT_EQ(probe.calls_waiting.value(), 2);
  calls.Pump(now);
  EXPECT_THAT(Given(*worker), ElementsAre("a"));
  worker->AddCredit(1);
  calls.Pump(now);
  EXPECT_THAT(Given(*worker), ElementsAre("a", "b"));
  EXPECT_EQ(probe.calls_waiting.value(), 0);
  EXPECT_EQ(probe.calls_queued.value(), 2);
  calls.Pump(now);
  EXPECT_EQ(probe.queues_visited.value(), 2) << "nothing waits";
}

TEST_F(CallsPartTest, TheQueueHasABoundAndWhoHasManyGivesWay) {
  Serve(0);
  for (const char* id : {"a", "b", "c"}) ASSERT_NE(Begin(id), nullptr);
  EXPECT_EQ(Begin("d"), nullptr) << "its own line is the longest";
  ASSERT_NE(Begin("e", /*session=*/2), nullptr);
  EXPECT_EQ(probe.calls_waiting.value(), 3);
  EXPECT_THAT(owner.ended, IsEmpty()) << "who gives way is told later";
  Pass(absl::Milliseconds(20));
  EXPECT_THAT(owner.ended, ElementsAre("c=overloaded"));
  EXPECT_EQ(calls.size(), 3);
}

TEST_F(CallsPartTest, TimesOutWhereverItIs) {
  auto worker = Serve(1);
  const CallKey given = Begin("a")->key();
  Begin("b");
  Pass(absl::Seconds(9));
  EXPECT_THAT(owner.ended, IsEmpty());
  Pass(absl::Seconds(2));
  EXPECT_THAT(owner.ended, testing::UnorderedElementsAre("a=timeout", "b=timeout"));
  EXPECT_THAT(worker->cancelled, ElementsAre(given));
  EXPECT_EQ(probe.calls_waiting.value(), 0);
}

TEST_F(CallsPartTest, WhatIsAboutToTimeOutGetsNoCredit) {
  auto worker = Serve(0);
  Begin("a");
  worker->AddCredit(1);
  now += absl::Seconds(10);
  calls.Pump(now);
  EXPECT_THAT(Given(*worker), IsEmpty());
}

TEST_F(CallsPartTest, AMethodHasAsLongAsItsOfferSays) {
  Serve(std::make_shared<FakeWorker>(2)).time_limit = absl::Seconds(3);
  Begin("a");
  Begin("b", 1, Role::kLogin);
  Pass(absl::Seconds(4));
  EXPECT_THAT(owner.ended, ElementsAre("a=timeout")) << "other roles have their own limit";
}

TEST_F(CallsPartTest, WhoeverCancelsHearsNothingMore) {
  auto worker = Serve(1);
  const CallKey given = Begin("a")->key();
  const CallKey waiting = Begin("b")->key();
  calls.Cancel(given);
  calls.Cancel(waiting);
  calls.Cancel(waiting);  // stale
  EXPECT_THAT(worker->cancelled, ElementsAre(given));
  Pass(absl::Seconds(20));
  EXPECT_THAT(owner.ended, IsEmpty());
  EXPECT_EQ(calls.size(), 0);
  EXPECT_EQ(probe.calls_in_flight.value(), 0);
  EXPECT_EQ(probe.calls_waiting.value(), 0);
}

}  // namespace
}  // namespace sluice::hub
