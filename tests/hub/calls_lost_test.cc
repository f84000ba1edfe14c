// SPDX-License-Identifier: Apache-2.0
//
// What becomes of calls when those who asked, or those who were asked, go; and what a worker is
// held responsible for.
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/hub/calls_alone.h"

namespace sluice::hub {
namespace {

using fakes::FakeWorker;
using testing::ElementsAre;
using testing::IsEmpty;

// Gives credit, and ends before it is used.
struct EndingWorker final : WorkerLink {
  int64_t outstanding() const override { return 0; }
  WorkerHealth& health() override { return health_; }
  bool TryReserve() override { return std::exchange(has_credit, false); }
  uint64_t Invoke(Invocation&, Context) override { return 0; }
  void Cancel(uint64_t) override {}
  bool has_credit = true;
  metrics::SharedGauge ejected;
  WorkerHealth health_{{}, ejected};
};

using CallsLostTest = CallsAlone;

TEST_F(CallsLostTest, WhoIsNobodyLosesWhatWaitsAndIsProtected) {
  Serve(1);
  std::vector<CallKey> keys = {Begin("given")->key(), Begin("b")->key(), Begin("c")->key()};
  calls.FailProtected(keys, now);
  EXPECT_THAT(owner.ended, IsEmpty()) << "anybody may call it";
  endpoint.is_protected = true;
  owner.meanwhile = [&] { keys.clear(); };  // the caller's list shrinks
  calls.FailProtected(keys, now);
  EXPECT_THAT(owner.ended, ElementsAre("b=method_forbidden", "c=method_forbidden"));
}

TEST_F(CallsLostTest, WhatIsCancelledMeanwhileIsNotFailed) {
  Serve(0);
  Begin("a");
  const CallKey second = Begin("b")->key();
  owner.meanwhile = [&] { calls.Cancel(second); };  // the session closes
  calls.FailWaiting(endpoint, now);
  EXPECT_THAT(owner.ended, ElementsAre("a=unavailable"));
  EXPECT_EQ(calls.size(), 0);
}

TEST_F(CallsLostTest, OfAWorkerThatIsLostWhatItWasNeverSentGoesToOthersFirst) {
  auto worker = Serve(3);
  for (const char* id : {"a", "b", "c"}) Begin(id);
  Begin("d");
  worker->Go();
  endpoint.offers.clear();
  auto other = Serve(3);
  calls.Lose(worker->LostOf(kShard, /*unsent=*/2), now);
  EXPECT_THAT(owner.ended, ElementsAre("a=worker_lost"));
  EXPECT_THAT(Given(*other), ElementsAre("b", "c", "d"));
  EXPECT_EQ(probe.calls_given_again.value(), 2);
}

TEST_F(CallsLostTest, OfAWorkerThatIsLostWhatNobodyElseServesFails) {
  auto worker = Serve(1);
  Begin("a");
  worker->Go();
  endpoint.offers.clear();
  calls.Lose(worker->LostOf(kShard, /*unsent=*/1), now);
  EXPECT_THAT(owner.ended, ElementsAre("a=unavailable"));
}

TEST_F(CallsLostTest, AStreamThatEndsMeanwhileLeavesTheCallWhole) {
  Offer& offer = Serve(std::make_shared<EndingWorker>());
  offer.in_flight_max = 1;
  auto other = Serve(0);
  ASSERT_NE(Begin("a", 1, Role::kGuard), nullptr);
  EXPECT_EQ(owner.places_freed, 1) << "the place that it took is given back";
  EXPECT_EQ(probe.calls_waiting.value(), 1);
  other->AddCredit(1);
  calls.Pump(now);
  ASSERT_EQ(other->invoked.size(), 1);
  EXPECT_EQ(other->invoked[0].method, "subject");
  EXPECT_EQ(other->invoked[0].params.bytes, "a");
}

TEST_F(CallsLostTest, APlaceInAWorkersBoundIsToldOfOnlyIfItWasFull) {
  Serve(std::make_shared<FakeWorker>(5)).in_flight_max = 2;
  const CallKey first = Begin("a")->key();
  calls.Complete(first, Payload::None(), now, nullptr);
  EXPECT_EQ(owner.places_freed, 0);
  const CallKey second = Begin("b")->key();
  Begin("c");
  calls.Complete(second, Payload::None(), now, nullptr);
  EXPECT_EQ(owner.places_freed, 1);
}

TEST_F(CallsLostTest, TimeOutsAndAnswersOfAWorkerAreHeldAgainstItOrForIt) {
  auto worker = Serve(10);
  for (const char* id : {"a", "b", "c"}) Begin(id);
  Pass(absl::Seconds(11));
  EXPECT_THAT(owner.health, ElementsAre(WorkerHealth::Change::kEjected));
  Pass(absl::Seconds(2));
  const CallKey probing = Begin("d")->key();
  calls.Complete(probing, MakeError(Fault::kTooLarge), now, nullptr);  // not the worker's word
  EXPECT_EQ(owner.health.size(), 1);
  calls.Complete(Begin("e")->key(), Payload::None(), now, nullptr);
  EXPECT_THAT(owner.health,
              ElementsAre(WorkerHealth::Change::kEjected, WorkerHealth::Change::kReadmitted));
}

TEST_F(CallsLostTest, ATimeOutAfterALongWaitIsNotTheWorkersFault) {
  auto worker = Serve(0);
  for (const char* id : {"a", "b", "c"}) Begin(id);
  now += absl::Seconds(6);
  worker->AddCredit(3);
  calls.Pump(now);
  Pass(absl::Milliseconds(4500));
  EXPECT_EQ(owner.ended.size(), 3);
  EXPECT_THAT(owner.health, IsEmpty());
  EXPECT_EQ(worker->health().timeouts(), 0);
}

}  // namespace
}  // namespace sluice::hub
