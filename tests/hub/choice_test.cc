// SPDX-License-Identifier: Apache-2.0
//
// Which worker gets a call: by what it has without a result and by what became of the latest, in
// every role; and what becomes of the calls of one that leaves.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "gateway/hub/event_log.h"
#include "gateway/hub/views.h"
#include "gateway/hub/workers.h"
#include "tests/fakes/hub_world.h"

namespace sluice::hub {
namespace {

using fakes::FakeClient;
using fakes::FakeWorker;
using fakes::HubWorld;
using testing::ElementsAre;
using testing::IsEmpty;
using Type = ConnectionEvent::Type;

constexpr Duration kPastLimit = absl::Milliseconds(10'500);

Verdict Allowed() {
  Verdict verdict;
  verdict.allow = true;
  return verdict;
}

struct ChoiceTest : testing::Test {
  void Call(std::string method = "m") {
    world.Say(*client, "call " + std::to_string(++id) + " " + method + " 0");
  }
  // Answers all that it has.
  void ReplyAll(FakeWorker& worker) {
    while (!worker.invoked.empty()) world.Reply(worker, Payload::Json("1"));
  }
  std::vector<Type> WorkerEvents() const {
    std::vector<Type> types;
    for (const ConnectionEvent& event : world.events.events) {
      if (!event.extras().worker.empty()) types.push_back(event.type);
    }
    return types;
  }

  HubWorld world;
  std::unique_ptr<FakeClient> client = world.Connect("chat", "a");
  int id = 0;
};

TEST_F(ChoiceTest, TheIdleWorkerIsAskedHoweverMuchCreditAHangingOneHas) {
  auto hangs = world.Serve("chat", "m", 100);
  auto well = world.Serve("chat", "m", 50);
  for (int i = 0; i < 60; ++i) {
    Call();
    ReplyAll(*well);
  }
  EXPECT_LE(hangs->invoked.size(), 1);
}

TEST_F(ChoiceTest, OneThatAnswersTooLateIsAskedOnce) {
  auto late = world.Serve("chat", "m", 100);
  auto well = world.Serve("chat", "m", 100);
  size_t timeouts = 0;
  for (int i = 0; i < 10; ++i) {
    Call();
    ReplyAll(*well);
    world.Pass(kPastLimit);
    timeouts += late->invoked.size();
    ReplyAll(*late);
  }
  EXPECT_EQ(timeouts, 1);
}

TEST_F(ChoiceTest, AdmissionsGoToTheIdleWorker) {
  auto hangs = world.ServeRole("door", Role::kAdmission, 100);
  auto well = world.ServeRole("door", Role::kAdmission, 50);
  std::vector<std::unique_ptr<FakeClient>> clients;
  for (int i = 0; i < 10; ++i) {
    clients.push_back(world.Arrive("door", "c" + std::to_string(i)));
    if (!well->invoked.empty()) world.Reply(*well, Accept{});
  }
  EXPECT_LE(hangs->invoked.size(), 1);
}

TEST_F(ChoiceTest, TimeOutsEjectAndOneCallIsAProbe) {
  auto bad = world.Serve("chat", "m", 100);
  auto good = world.Serve("chat", "m", 100);
  // It answers, but too late, so that its load says nothing.
  for (int i = 0; i < 6; ++i) Call();
  ASSERT_EQ(bad->invoked.size(), 3);
  ReplyAll(*good);
  world.Pass(kPastLimit);
  ReplyAll(*bad);
  EXPECT_THAT(WorkerEvents(), ElementsAre(Type::kWorkerEjected));
  EXPECT_EQ(bad->ejected.value(), 1);
  EXPECT_EQ(world.probe().worker_ejections.value(), 1);
  MethodsView view = world.shard().views().Methods("chat");
  EXPECT_EQ(view.methods[0].workers.size(), 2);
  EXPECT_THAT(view.methods[0].ejected, ElementsAre("w"));

  world.Pass(absl::Seconds(1));
  for (int i = 0; i < 5; ++i) Call();
  EXPECT_EQ(bad->invoked.size(), 1) << "the time is over: one call is the probe";
  EXPECT_EQ(good->invoked.size(), 4);
  ReplyAll(*good);
  ReplyAll(*bad);
  EXPECT_THAT(WorkerEvents(), ElementsAre(Type::kWorkerEjected, Type::kWorkerReadmitted));
  EXPECT_EQ(bad->ejected.value(), 0);
  Call();
  Call();
  EXPECT_EQ(bad->invoked.size(), 1);
  EXPECT_EQ(good->invoked.size(), 1);
}

TEST_F(ChoiceTest, WhileEjectedItGetsNothingAlsoWhenOthersAreBusy) {
  auto bad = world.Serve("chat", "m", 3);
  for (int i = 0; i < 3; ++i) Call();
  world.Pass(kPastLimit);
  ASSERT_EQ(bad->ejected.value(), 1);
  ReplyAll(*bad);  // in vain, but its credit is free again
  auto good = world.Serve("chat", "m", 1);
  world.Pass(absl::Milliseconds(500));
  // What is over is the ejection that it got at the time-out; it fails its probe, too.
  Call();
  ASSERT_EQ(bad->invoked.size(), 1);
  world.Pass(kPastLimit);
  ReplyAll(*bad);
  Call();
  Call();
  EXPECT_EQ(good->invoked.size(), 1);
  EXPECT_EQ(bad->invoked.size(), 0) << "ejected again, for longer";
  EXPECT_EQ(world.probe().calls_waiting.value(), 1) << "it waits for the good one";
  world.Pass(absl::Seconds(2));
  EXPECT_EQ(bad->invoked.size(), 1) << "and is the next probe";
}

TEST_F(ChoiceTest, WhereAllAreEjectedAllAreAsked) {
  auto only = world.Serve("chat", "m", 100);
  for (int i = 0; i < 3; ++i) Call();
  world.Pass(kPastLimit);
  EXPECT_EQ(only->ejected.value(), 1);
  size_t before = only->invoked.size();
  for (int i = 0; i < 3; ++i) Call();
  EXPECT_EQ(only->invoked.size(), before + 3);
}

TEST_F(ChoiceTest, ACallThatHadWaitedForMostOfItsTimeCountsAgainstNobody) {
  auto slow = world.Serve("chat", "m", 1);
  Call();
  std::vector<std::unique_ptr<FakeClient>> others;
  for (int i = 0; i < 3; ++i) {
    others.push_back(world.Connect("chat", "o" + std::to_string(i)));
    world.Say(*others.back(), "call 1 m 0");
  }
  world.Pass(absl::Seconds(9));
  slow->AddCredit(3);
  world.shard().workers().OnCredit(world.now);
  ASSERT_EQ(slow->invoked.size(), 4);
  world.Pass(absl::Seconds(2));
  EXPECT_EQ(slow->ejected.value(), 0) << "one time-out of four was its own";
}

TEST_F(ChoiceTest, AProbeWhoseCallerLeavesIsFollowedByAnother) {
  auto bad = world.Serve("chat", "m", 100);
  for (int i = 0; i < 3; ++i) Call();
  world.Pass(kPastLimit);
  ASSERT_EQ(bad->ejected.value(), 1);
  auto good = world.Serve("chat", "m", 100);
  world.Pass(absl::Seconds(2));
  size_t before = bad->invoked.size();
  auto leaver = world.Connect("chat", "b");
  world.Say(*leaver, "call 1 m 0");
  ASSERT_EQ(bad->invoked.size(), before + 1);
  world.Vanish(*leaver);
  Call();
  EXPECT_EQ(bad->invoked.size(), before + 2);
}

TEST_F(ChoiceTest, GuardsThatHangAreEjectedToo) {
  std::vector<std::shared_ptr<FakeWorker>> guards;
  for (int i = 0; i < 2; ++i) {
    guards.push_back(std::make_shared<FakeWorker>(10));
    auto offer = std::make_shared<Offer>();
    offer->worker = HubWorld::IdOf(guards[i]);
    offer->worker_name = "g" + std::to_string(i);
    offer->link = guards[i];
    offer->role = Role::kGuard;
    offer->action = GuardAction::kCall;
    world.Register({"chat", {offer}, {}});
  }
  auto worker = world.Serve("chat", "m");
  std::vector<std::unique_ptr<FakeClient>> clients;
  for (int i = 0; i < 6; ++i) {
    auto one = world.Connect("chat", "c" + std::to_string(i));
    world.Say(*one, "call 1 m 0");
    clients.push_back(std::move(one));
  }
  while (!guards[1]->invoked.empty()) world.Reply(*guards[1], Allowed());
  world.Pass(absl::Seconds(5) + absl::Milliseconds(500));
  EXPECT_EQ(guards[0]->ejected.value(), 1);
  EXPECT_EQ(guards[1]->ejected.value(), 0);
}

TEST_F(ChoiceTest, ALoginWorkerThatLetsLoginsTimeOutIsEjected) {
  auto bad = world.ServeRole("chat", Role::kLogin, 100);
  auto good = world.ServeRole("chat", Role::kLogin, 100);
  for (int i = 0; i < 6; ++i) world.Say(*client, "login " + std::to_string(i) + " {}");
  ASSERT_EQ(bad->invoked.size(), 3);
  while (!good->invoked.empty()) world.Reply(*good, Reject{});
  world.Pass(kPastLimit);
  EXPECT_EQ(bad->ejected.value(), 1);
  EXPECT_EQ(good->ejected.value(), 0);
  EXPECT_THAT(WorkerEvents(), ElementsAre(Type::kWorkerEjected));
  world.Pass(absl::Seconds(1));
  world.Say(*client, "login 7 {}");
  ASSERT_EQ(bad->invoked.size(), 4) << "one login is the probe";
  bad->invoked.erase(bad->invoked.begin(), bad->invoked.begin() + 3);
  world.Reply(*bad, Reject{});
  EXPECT_EQ(bad->ejected.value(), 0);
}

TEST_F(ChoiceTest, AnAdmissionWorkerThatLetsAdmissionsTimeOutIsEjected) {
  auto bad = world.ServeRole("door", Role::kAdmission, 100);
  auto good = world.ServeRole("door", Role::kAdmission, 100);
  std::vector<std::unique_ptr<FakeClient>> clients;
  for (int i = 0; i < 6; ++i) clients.push_back(world.Arrive("door", "c" + std::to_string(i)));
  ASSERT_EQ(bad->invoked.size(), 3);
  while (!good->invoked.empty()) world.Reply(*good, Accept{});
  world.Pass(kPastLimit);
  EXPECT_EQ(bad->ejected.value(), 1);
  EXPECT_EQ(good->ejected.value(), 0);
  EXPECT_THAT(WorkerEvents(), ElementsAre(Type::kWorkerEjected));
}

// --- Workers that leave --------------------------------------------------------------------------

TEST_F(ChoiceTest, WhatAWorkerWasNeverSentGoesToAnother) {
  auto leaves = world.Serve("chat", "m", 10);
  for (int i = 0; i < 4; ++i) Call();
  auto stays = world.Serve("chat", "m", 10);
  world.Kill(*leaves, 3);
  EXPECT_THAT(client->socket.Take(), ElementsAre("err 1 worker_lost"));
  ASSERT_EQ(stays->invoked.size(), 3);
  EXPECT_EQ(world.probe().calls_given_again.value(), 3);
  for (std::string expected : {"ok 2 x", "ok 3 x", "ok 4 x"}) {
    world.Reply(*stays, Payload::Json("x"));
    EXPECT_THAT(client->socket.Take(), ElementsAre(expected));
  }
}

TEST_F(ChoiceTest, WithNobodyElseItIsUnavailableSinceNothingHasRun) {
  auto leaves = world.Serve("chat", "m", 10);
  Call();
  Call();
  world.Kill(*leaves, 1);
  EXPECT_THAT(client->socket.Take(), ElementsAre("err 2 unavailable", "err 1 worker_lost"));
  EXPECT_EQ(world.probe().calls_in_flight.value(), 0);
}

TEST_F(ChoiceTest, OneWhoseStreamHasJustEndedIsPassedOver) {
  auto gone = world.Serve("chat", "m", 10);
  auto other = world.Serve("chat", "m", 10);
  gone->Go();
  for (int i = 0; i < 4; ++i) Call();
  EXPECT_EQ(other->invoked.size(), 4);
}

TEST_F(ChoiceTest, WhatIsGivenAgainIsFirstInLineAndKeepsItsParams) {
  auto leaves = world.Serve("chat", "m", 2);
  world.Say(*client, "call 1 m one");
  world.Say(*client, "call 2 m two");
  world.Say(*client, "call 3 m three");
  auto stays = world.Serve("chat", "m", 1);
  ASSERT_EQ(stays->invoked.size(), 1) << "a new worker takes what waits";
  world.Kill(*leaves, 2);
  stays->AddCredit(2);
  world.shard().workers().OnCredit(world.now);
  std::vector<std::string> params;
  for (const auto& one : stays->invoked) params.push_back(one.params.bytes);
  EXPECT_THAT(params, ElementsAre("three", "one", "two"));
}

TEST_F(ChoiceTest, AnAdmissionIsGivenAgain) {
  auto leaves = world.ServeRole("door", Role::kAdmission);
  auto arriving = world.Arrive("door", "c");
  auto stays = world.ServeRole("door", Role::kAdmission);
  world.Kill(*leaves, 1);
  ASSERT_EQ(stays->invoked.size(), 1);
  EXPECT_EQ(stays->invoked[0].context.candidate->id, "c");
  world.Reply(*stays, Accept{});
  EXPECT_EQ(world.shard().views().Count({.space = "door"}), 1);
}

// --- Fair shares ---------------------------------------------------------------------------------

TEST(QueueTest, ConnectionsTakeTurnsAndNobodyFillsIt) {
  ShardOptions options;
  options.policy.calls.method_queue = 4;
  HubWorld world(1, options);
  auto worker = world.Serve("chat", "m", 1);
  auto greedy = world.Connect("chat", "greedy");
  for (int i = 1; i <= 5; ++i) world.Say(*greedy, "call " + std::to_string(i) + " m g");
  auto modest = world.Connect("chat", "modest");
  EXPECT_THAT(world.Say(*modest, "call 1 m one"), IsEmpty());
  world.Pass(absl::Milliseconds(500));
  EXPECT_THAT(greedy->socket.Take(), ElementsAre("err 5 overloaded")) << "the youngest gave way";
  EXPECT_EQ(world.probe().calls_waiting.value(), 4);
  std::string order;
  for (int i = 0; i < 5; ++i) {
    order += worker->invoked.front().params.bytes[0];
    world.Reply(*worker, Payload::Json("1"));
    world.shard().workers().OnCredit(world.now);
  }
  EXPECT_EQ(order, "ggogg") << "the modest one is second in line";
}

TEST(QueueTest, WhoGaveWayIsNotAnsweredTwice) {
  ShardOptions options;
  options.policy.calls.method_queue = 2;
  HubWorld world(1, options);
  auto worker = world.Serve("chat", "m", 1);
  auto greedy = world.Connect("chat", "greedy");
  for (int i = 1; i <= 3; ++i) world.Say(*greedy, "call " + std::to_string(i) + " m g");
  auto modest = world.Connect("chat", "modest");
  world.Say(*modest, "call 1 m x");
  world.Vanish(*greedy);
  world.Pass(absl::Seconds(11));
  EXPECT_EQ(world.probe().calls_waiting.value(), 0);
  EXPECT_THAT(modest->socket.Take(), ElementsAre("err 1 timeout"));
}

TEST(QueueTest, OnlyMethodsWithWaitingCallsAreLookedAt) {
  HubWorld world;
  std::vector<std::shared_ptr<FakeWorker>> idle;
  for (int i = 0; i < 1000; ++i) {
    idle.push_back(world.Serve("space" + std::to_string(i), "m"));
  }
  auto worker = world.Serve("chat", "m", 1);
  auto client = world.Connect("chat", "a");
  world.Say(*client, "call 1 m 0");
  world.shard().workers().OnCredit(world.now);
  EXPECT_EQ(world.probe().queues_visited.value(), 0) << "nobody waits";
  world.Say(*client, "call 2 m 0");
  for (int i = 0; i < 10; ++i) world.shard().workers().OnCredit(world.now);
  EXPECT_EQ(world.probe().queues_visited.value(), 10);
}

// --- Workers of other nodes ----------------------------------------------------------------------

struct ElsewhereChoiceTest : ChoiceTest {
  std::shared_ptr<FakeWorker> ServeElsewhere(int64_t credit = 10, bool is_protected = false) {
    auto link = std::make_shared<FakeWorker>(credit);
    auto offer = std::make_shared<Offer>();
    offer->worker = HubWorld::IdOf(link);
    offer->worker_name = "far";
    offer->link = link;
    offer->method = "m";
    offer->is_protected = is_protected;
    offer->elsewhere = true;
    world.Register({"chat", {std::move(offer)}, {}, /*elsewhere=*/true});
    return link;
  }
};

TEST_F(ElsewhereChoiceTest, TheNodesOwnAreAskedFirstHoweverMuchTheyHave) {
  auto far = ServeElsewhere();
  auto near = world.Serve("chat", "m", 3);
  for (int i = 0; i < 5; ++i) Call();
  EXPECT_EQ(near->invoked.size(), 3);
  EXPECT_EQ(far->invoked.size(), 2);
}

TEST_F(ElsewhereChoiceTest, AmongOthersTheLeastLoadedIsAsked) {
  auto one = ServeElsewhere();
  auto two = ServeElsewhere();
  for (int i = 0; i < 6; ++i) Call();
  EXPECT_EQ(one->invoked.size(), 3);
  EXPECT_EQ(two->invoked.size(), 3);
}

TEST_F(ElsewhereChoiceTest, OneThatDoesWellElsewhereIsBetterThanOneThatHangsHere) {
  auto near = world.Serve("chat", "m");
  for (int i = 0; i < 3; ++i) Call();
  world.Pass(kPastLimit);  // ejected
  auto far = ServeElsewhere();
  near->invoked.clear();
  Call();
  Call();
  EXPECT_GE(far->invoked.size(), 1) << "at most one call is the probe";
}

TEST_F(ElsewhereChoiceTest, WhatOneDoesNotDoAfterAllWaitsForAnother) {
  auto far = ServeElsewhere(1);
  Call();
  LostWork work = far->LostOf(0, 1);
  far->invoked.clear();
  world.shard().workers().GiveBack(std::move(work), world.now);
  EXPECT_EQ(world.probe().calls_waiting.value(), 1);
  auto near = world.Serve("chat", "m");
  EXPECT_EQ(near->invoked.size(), 1);
}

TEST_F(ElsewhereChoiceTest, WhatTheyHadMayHaveRun) {
  auto far = ServeElsewhere();
  Call();
  world.shard().workers().GiveBack(far->LostOf(0), world.now);
  EXPECT_THAT(client->socket.Take(), ElementsAre("err 1 worker_lost"));
  Call();
  EXPECT_EQ(far->invoked.size(), 2) << "what it offers stays";
}

}  // namespace
}  // namespace sluice::hub
