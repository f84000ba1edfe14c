// SPDX-License-Identifier: Apache-2.0
//
// What workers do with one shard.
#include "gateway/hub/workers.h"

#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/status/status.h"
#include "gateway/hub/directory.h"
#include "gateway/hub/event_log.h"
#include "gateway/hub/session.h"
#include "tests/fakes/shard_parts.h"

namespace sluice::hub {
namespace {

using fakes::FakeWorker;
using fakes::ShardParts;
using testing::ElementsAre;
using testing::IsEmpty;

struct WorkersTest : testing::Test {
  ShardParts parts;
  Workers workers{0, parts.methods, parts.invoker, parts.rights, parts.events, parts.probe};
  Session& session = parts.Open("chat", "a");

  static SharedOffer Made(const std::shared_ptr<FakeWorker>& link, WorkerId id,
                          bool is_protected = false) {
    auto offer = std::make_shared<Offer>();
    offer->worker = id;
    offer->worker_name = "w" + std::to_string(id);
    offer->link = link;
    offer->method = "m";
    offer->is_protected = is_protected;
    return offer;
  }
  std::shared_ptr<FakeWorker> Serve(WorkerId id, int64_t credit = 10) {
    auto link = std::make_shared<FakeWorker>(credit);
    EXPECT_TRUE(workers.Register({"chat", {Made(link, id)}, {}}, parts.now).ok());
    return link;
  }
  CallKey Call() {
    Invocation invocation;
    invocation.method = "m";
    return parts.invoker
        .Begin(session, *session.space->offers.Find(Role::kMethod, "m"), std::move(invocation),
               absl::Seconds(10), parts.now)
        ->key();
  }
  // What became of the calls that are over.
  std::vector<Fault> Faults() {
    std::vector<Fault> faults;
    for (const WorkerResult& result : parts.results.results) {
      faults.push_back(std::get<CallError>(result).fault);
    }
    return faults;
  }
};

TEST_F(WorkersTest, WhoContradictsAnotherIsToldOfByTheFirstShard) {
  Serve(1);
  const Registration other = {"chat", {Made(std::make_shared<FakeWorker>(1), 2, true)}, {}};
  ShardParts second;
  Workers elsewhere(1, second.methods, second.invoker, second.rights, second.events, second.probe);
  ASSERT_TRUE(
      elsewhere.Register({"chat", {Made(std::make_shared<FakeWorker>(1), 1)}, {}}, parts.now).ok());
  ASSERT_TRUE(workers.Register(other, parts.now).ok());
  ASSERT_TRUE(elsewhere.Register(other, parts.now).ok());
  const auto events = parts.Events();
  ASSERT_EQ(events.size(), 1);
  EXPECT_EQ(events[0].type, ConnectionEvent::Type::kAccessConflict);
  EXPECT_EQ(events[0].space, "chat");
  EXPECT_EQ(events[0].channel, "m");
  EXPECT_EQ(parts.probe.access_conflicts.value(), 1);
  EXPECT_THAT(second.Events(), IsEmpty());
}

TEST_F(WorkersTest, NothingIsTakenBeyondTheBound) {
  ShardOptions options;
  options.methods_max = 1;
  ShardParts narrow(options);
  Workers few(0, narrow.methods, narrow.invoker, narrow.rights, narrow.events, narrow.probe);
  Registration two = {"chat", {}, {{"x", false, 1}, {"y", false, 1}}};
  EXPECT_EQ(few.Register(two, narrow.now).code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(narrow.methods.FindEvent("chat", "x"), nullptr);
}

TEST_F(WorkersTest, WhoMayNotBeInAnEventAnyMoreLeavesIt) {
  Directory::Join(session, "x", Entry::kStranger);
  ASSERT_TRUE(workers.Register({"chat", {}, {{"x", true, 1}}}, parts.now).ok());
  EXPECT_FALSE(IsMember(session, "x"));
}

TEST_F(WorkersTest, WhatIsTakenBackFailsWhatWaitsForIt) {
  Serve(1, /*credit=*/0);
  Call();
  workers.Deregister({1, "chat", false, {"m"}, {}, {}, {}}, parts.now);
  EXPECT_THAT(Faults(), ElementsAre(Fault::kUnavailable));
  EXPECT_EQ(parts.methods.Find("chat", Role::kMethod, "m"), nullptr);
}

TEST_F(WorkersTest, WhoWithdrawsFinishesWhatItHas) {
  auto worker = Serve(1, /*credit=*/1);
  const CallKey given = Call();
  Call();
  workers.Withdraw(1, parts.now);
  EXPECT_THAT(Faults(), ElementsAre(Fault::kUnavailable));
  workers.Complete(given, Payload::Json("1"), parts.now);
  EXPECT_EQ(parts.results.results.size(), 2);
  EXPECT_NE(parts.methods.Find("chat", Role::kMethod, "m"), nullptr) << "it stays known";
}

TEST_F(WorkersTest, OfWhoIsLostWhatItWasSentFailsAndTheRestGoesToOthers) {
  auto worker = Serve(1);
  Call();
  Call();
  auto other = Serve(2);
  worker->Go();
  workers.Lose(1, worker->LostOf(0, /*unsent=*/1), parts.now);
  EXPECT_THAT(Faults(), ElementsAre(Fault::kWorkerLost));
  EXPECT_EQ(other->invoked.size(), 1);
}

TEST_F(WorkersTest, AnAnswerToWhatIsUnknownByNowIsCounted) {
  Serve(1);
  const CallKey call = Call();
  parts.invoker.CancelAll(session);
  workers.Complete(call, Payload::Json("1"), parts.now);
  EXPECT_THAT(parts.results.results, IsEmpty());
  EXPECT_EQ(parts.probe.results_dropped.value(), 1);
}

TEST_F(WorkersTest, CreditStartsWhatWaits) {
  auto worker = Serve(1, /*credit=*/0);
  Call();
  worker->AddCredit(1);
  workers.OnCredit(parts.now);
  EXPECT_EQ(worker->invoked.size(), 1);
}

TEST_F(WorkersTest, LooksForTheEjectedTwiceASecond) {
  auto worker = Serve(1, /*credit=*/0);
  Call();
  workers.LookForEjected(parts.now);
  worker->AddCredit(1);
  workers.LookForEjected(parts.now += absl::Milliseconds(400));
  EXPECT_THAT(worker->invoked, IsEmpty());
  workers.LookForEjected(parts.now += absl::Milliseconds(100));
  EXPECT_EQ(worker->invoked.size(), 1);
}

}  // namespace
}  // namespace sluice::hub
