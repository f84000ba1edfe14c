// SPDX-License-Identifier: Apache-2.0
//
// Connections are closed at a pace, and not in the middle of what is under way for them.
#include "gateway/hub/drains.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>

#include "gateway/hub/client_verbs.h"
#include "tests/fakes/hub_world.h"

namespace sluice::hub {
namespace {

using fakes::FakeClient;
using fakes::HubWorld;
using testing::ElementsAre;
using testing::IsEmpty;

struct Draining : testing::Test {
  HubWorld world{2};
  std::unique_ptr<FakeClient> a = world.Connect("chat", "a", 0);
  std::unique_ptr<FakeClient> b = world.Connect("chat", "b", 1);
  std::unique_ptr<FakeClient> c = world.Connect("chat", "c", 0);
  std::unique_ptr<FakeClient> other = world.Connect("other", "a", 1);
  Drains drains{world.set, world.home};
  SharedDrain drain;

  // Selects and begins.
  const DrainView& Start(DrainPlan plan, double per_second) {
    drain = drains.Select(std::move(plan), world.now, [this, per_second](Drain& selected, Now at) {
      drains.Begin(selected, {.per_second = per_second}, at);
    });
    world.Run();
    return drain->view();
  }
  void Pass(Duration time) {
    for (Duration step = absl::Milliseconds(20); time > absl::ZeroDuration(); time -= step) {
      world.Pass(step);
      drains.Tick(world.now);
      world.Run();
    }
  }
  int Closed() {
    int closed = 0;
    for (FakeClient* client : {a.get(), b.get(), c.get()})
      closed += client->socket.closed() ? 1 : 0;
    return closed;
  }
};

TEST_F(Draining, ClosesAtItsPace) {
  EXPECT_EQ(Start({.selector = {.space = "chat"}}, 2).matched, 3);
  EXPECT_EQ(Closed(), 1);
  Pass(absl::Milliseconds(480));
  EXPECT_EQ(Closed(), 1);
  Pass(absl::Milliseconds(40));
  EXPECT_EQ(Closed(), 2);
  Pass(absl::Seconds(1));
  EXPECT_EQ(Closed(), 3);
  EXPECT_EQ(drain->view().state, DrainView::State::kDone);
  EXPECT_EQ(drain->view().closed, 3);
  EXPECT_EQ(a->socket.closed()->code, 1001);
  EXPECT_FALSE(other->socket.closed());
}

TEST_F(Draining, ClosesNobodyBeforeItBegins) {
  drain = drains.Select({.selector = {.space = "chat"}}, world.now, [](auto&, Now) {});
  drains.Begin(*drain, {.per_second = 1000}, world.now);
  Pass(absl::Seconds(1));
  EXPECT_TRUE(drain->view().selected);
  EXPECT_FALSE(drain->view().begun) << "nothing was selected yet";
  EXPECT_EQ(drain->view().matched, 3);
  EXPECT_EQ(Closed(), 0);
  EXPECT_EQ(drains.running(), 1);
  drains.Begin(*drain, {.per_second = 1}, world.now);
  drains.Begin(*drain, {.per_second = 1000}, world.now);
  world.Run();
  EXPECT_EQ(Closed(), 1) << "it begins once";
}

TEST_F(Draining, PausesResumesAndCancels) {
  Start({.selector = {.space = "chat"}}, 2);
  const DrainView& view = drain->view();
  drains.Pause(*drain, world.now);
  EXPECT_EQ(view.state, DrainView::State::kPaused);
  Pass(absl::Seconds(5));
  EXPECT_EQ(Closed(), 1);
  drains.Resume(*drain, world.now);
  EXPECT_EQ(view.state, DrainView::State::kRunning);
  Pass(absl::Milliseconds(520));
  EXPECT_EQ(Closed(), 2) << "no burst for the time that was paused";
  drains.Cancel(*drain, world.now);
  EXPECT_EQ(view.state, DrainView::State::kCancelled);
  Pass(absl::Seconds(5));
  EXPECT_EQ(Closed(), 2);
  drains.Resume(*drain, world.now);
  drains.Begin(*drain, {.per_second = 1000}, world.now);
  EXPECT_EQ(view.state, DrainView::State::kCancelled);
}

TEST_F(Draining, IsPausedBeforeItBegins) {
  drain = drains.Select({.selector = {.space = "chat"}}, world.now, [](auto&, Now) {});
  world.Run();
  drains.Pause(*drain, world.now);
  drains.Begin(*drain, {.per_second = 1000}, world.now);
  Pass(absl::Seconds(1));
  EXPECT_EQ(Closed(), 0);
  drains.Resume(*drain, world.now);
  Pass(absl::Seconds(1));
  EXPECT_EQ(Closed(), 3);
}

TEST_F(Draining, CountsWhoLeftByThemselves) {
  Start({.selector = {.space = "chat"}}, 1);
  for (FakeClient* client : {a.get(), b.get(), c.get()}) {
    if (!client->socket.closed()) world.Vanish(*client);
  }
  Pass(absl::Seconds(3));
  EXPECT_EQ(drain->view().closed, 1);
  EXPECT_EQ(drain->view().gone, 2);
  EXPECT_EQ(drain->view().state, DrainView::State::kDone);
  EXPECT_EQ(drains.running(), 0);
}

TEST_F(Draining, RefusesNewcomersWhileItLasts) {
  Start({.selector = {.space = "chat"}, .refuse_new = true}, 1);
  EXPECT_TRUE(world.shard(1).Refuses("chat"));
  EXPECT_FALSE(world.shard(1).Refuses("other"));
  Pass(absl::Seconds(3));
  EXPECT_FALSE(world.shard(1).Refuses("chat"));
}

// --- What comes late -----------------------------------------------------------------------------

TEST_F(Draining, ThatIsCancelledBeforeItIsSelectedIsToldAndStaysSo) {
  int told = 0;
  drain = drains.Select({.selector = {.space = "chat"}}, world.now, [&](Drain& selected, Now at) {
    ++told;
    drains.Begin(selected, {.per_second = 1000}, at);
  });
  drains.Cancel(*drain, world.now);
  world.Run();
  EXPECT_EQ(told, 1);
  EXPECT_EQ(drain->view().matched, 0);
  EXPECT_EQ(drain->view().state, DrainView::State::kCancelled);
  EXPECT_EQ(Closed(), 0);
}

TEST_F(Draining, CountsWhatItClosedAfterItWasForgotten) {
  Start({.selector = {.space = "none"}}, 1);
  drain = drains.Select({.selector = {.space = "chat"}}, world.now, [&](Drain& selected, Now at) {
    drains.Begin(selected, {.per_second = 1}, at);
  });
  while (!drain->view().finishing) world.home.RunOne(world.now), world.RunShards();
  drains.Cancel(*drain, world.now);
  drains.Tick(world.now);
  drain.reset();
  world.Run();
  EXPECT_EQ(Closed(), 1);
  EXPECT_EQ(drains.closed_total(), 1);
}

TEST_F(Draining, EachIsAdvisedOfItsOwnMomentToComeBack) {
  std::vector<std::unique_ptr<FakeClient>> crowd;
  for (int i = 0; i < 200; ++i) crowd.push_back(world.Connect("crowd", "", i % 2));
  Start({.selector = {.space = "crowd"}, .reconnect_window = absl::Seconds(60)}, 10000);
  Pass(absl::Seconds(1));
  int early = 0;
  for (const auto& client : crowd) {
    ASSERT_TRUE(client->socket.closed());
    EXPECT_EQ(client->socket.closed()->code, 1001);
    double seconds = -1;
    ASSERT_EQ(
        sscanf(client->socket.closed()->reason.c_str(), "going away; retry-after=%lfs", &seconds),
        1)
        << client->socket.closed()->reason;
    EXPECT_GE(seconds, 0);
    EXPECT_LT(seconds, 60);
    if (seconds < 30) ++early;
  }
  EXPECT_NEAR(early, 100, 40) << "spread over the window";
}

TEST_F(Draining, TheAdviceStandsBehindTheReasonThatWasAskedFor) {
  DrainPlan plan{.selector = {.space = "chat"}, .frame = {4321, "moving"}};
  plan.reconnect_window = absl::Milliseconds(1);
  Start(plan, 10000);
  Pass(absl::Milliseconds(20));
  EXPECT_EQ(*a->socket.closed(), (CloseFrame{4321, "moving; retry-after=0.0s"}));
}

// --- Grace ---------------------------------------------------------------------------------------

struct Graceful : Draining {
  std::shared_ptr<fakes::FakeWorker> worker = world.Serve("chat", "m");
  DrainPlan plan{.selector = {.space = "chat"}, .grace = absl::Seconds(5)};
  bool EverybodysTurn() {
    Start(plan, 1000);
    Pass(absl::Milliseconds(20));
    return drain->view().begun;
  }
  struct Sink final : AnswerSink {
    void OnAnswer(ClientAnswer answer) override { answers.push_back(std::move(answer)); }
    std::vector<ClientAnswer> answers;
  };
  std::shared_ptr<Sink> sink = std::make_shared<Sink>();
  Outcome Ask(FakeClient& client, Duration timeout) {
    return client.shard.clients().Call({.space = "chat"}, {7, timeout, sink}, "q",
                                       Payload::Json("0"), world.now);
  }
};

TEST_F(Graceful, ACallIsAnsweredBeforeItsConnectionCloses) {
  world.Say(*a, "call 1 m 5");
  ASSERT_TRUE(EverybodysTurn());
  Pass(absl::Seconds(1));
  EXPECT_FALSE(a->socket.closed());
  EXPECT_TRUE(b->socket.closed()) << "nothing was under way there";
  EXPECT_FALSE(a->shard.Reading(a->key));
  EXPECT_EQ(drain->view().finishing, 1);
  EXPECT_EQ(drain->view().state, DrainView::State::kRunning);
  EXPECT_EQ(world.probe(0).leaving.value(), 1);
  world.Reply(*worker, Payload::Json("9"));
  EXPECT_THAT(a->socket.Take(), ElementsAre("ok 1 9"));
  EXPECT_EQ(a->socket.closed()->code, 1001);
  const DrainView& view = drain->view();
  EXPECT_EQ(view.state, DrainView::State::kDone);
  EXPECT_EQ(view.closed, 3);
  EXPECT_EQ(world.probe(0).leaving.value(), 0);
  EXPECT_EQ(world.probe(0).graces_expired.value(), 0);
}

TEST_F(Graceful, ABatchIsFinishedAsAWhole) {
  world.Say(*a, "call 1 m 5\ncall 2 m 6");
  ASSERT_TRUE(EverybodysTurn());
  world.Reply(*worker, Payload::Json("9"));
  EXPECT_FALSE(a->socket.closed());
  world.Reply(*worker, Payload::Json("8"));
  EXPECT_THAT(a->socket.Take(), ElementsAre("ok 1 9|ok 2 8"));
  EXPECT_TRUE(a->socket.closed());
}

TEST_F(Graceful, WhatAGuardDecidesIsCarriedOutAndAnswered) {
  auto guard = std::make_shared<fakes::FakeWorker>(10);
  auto offer = std::make_shared<Offer>();
  offer->worker = HubWorld::IdOf(guard);
  offer->link = guard;
  offer->role = Role::kGuard;
  offer->action = GuardAction::kCall;
  world.Register({"chat", {offer}, {}});
  world.Say(*a, "call 1 m 5");
  ASSERT_TRUE(EverybodysTurn());
  world.Reply(*guard, Verdict{true, {}, false, {}});
  EXPECT_FALSE(a->socket.closed());
  world.Reply(*worker, Payload::Json("9"));
  EXPECT_THAT(a->socket.Take(), ElementsAre("ok 1 9"));
  EXPECT_TRUE(a->socket.closed());
}

TEST_F(Graceful, EndsWhenTheGraceIsOver) {
  world.Say(*a, "call 1 m 5");
  ASSERT_TRUE(EverybodysTurn());
  Pass(absl::Milliseconds(4900));
  EXPECT_FALSE(a->socket.closed());
  Pass(absl::Milliseconds(200));
  EXPECT_EQ(a->socket.closed()->code, 1001);
  EXPECT_EQ(worker->cancelled.size(), 1);
  EXPECT_EQ(world.probe(0).graces_expired.value(), 1);
  EXPECT_EQ(drain->view().closed, 3);
}

TEST_F(Graceful, EndsAtTheLatestWhenThePlanSaysSo) {
  world.Say(*a, "call 1 m 5");
  plan.latest = world.now + absl::Seconds(2);
  ASSERT_TRUE(EverybodysTurn());
  Pass(absl::Milliseconds(1900));
  EXPECT_FALSE(a->socket.closed());
  Pass(absl::Milliseconds(200));
  EXPECT_TRUE(a->socket.closed());
}

TEST_F(Graceful, SilenceMeansNothingWhileNobodyListens) {
  auto offer = std::make_shared<Offer>();
  offer->link = worker;
  offer->method = "long";
  offer->time_limit = absl::Minutes(5);
  world.Register({"chat", {offer}, {}});
  world.Say(*a, "call 1 long 5");
  plan.grace = absl::Minutes(2);
  ASSERT_TRUE(EverybodysTurn());
  Pass(absl::Minutes(1));
  EXPECT_FALSE(a->socket.closed()) << "a silence of 35 s is fatal otherwise";
  EXPECT_THAT(a->socket.Take(), IsEmpty()) << "who is not read can answer no ping";
  Pass(absl::Minutes(1));
  EXPECT_EQ(a->socket.closed()->code, 1001);
}

TEST_F(Graceful, AnAnswerThatAClientOwesIsStillRead) {
  ASSERT_EQ(Ask(*a, absl::Seconds(4)).enqueued, 2);
  a->socket.Take();
  ASSERT_TRUE(EverybodysTurn());
  EXPECT_FALSE(a->socket.closed());
  EXPECT_TRUE(a->shard.Reading(a->key));
  EXPECT_EQ(Ask(*a, absl::Seconds(4)).dropped[static_cast<size_t>(DropReason::kLeaving)], 2);
  world.Say(*a, "answer - 1 true");
  EXPECT_FALSE(a->shard.Reading(a->key));
  world.Run();
  EXPECT_TRUE(a->socket.closed());
  EXPECT_FALSE(c->socket.closed());
  Pass(absl::Seconds(4));
  EXPECT_TRUE(c->socket.closed()) << "what it owed has timed out";
  EXPECT_EQ(sink->answers.size(), 2);
  EXPECT_EQ(world.probe(0).graces_expired.value(), 0);
}

TEST_F(Graceful, WhoLeavesInItIsGone) {
  world.Say(*a, "call 1 m 5");
  ASSERT_TRUE(EverybodysTurn());
  world.Vanish(*a);
  const DrainView& view = drain->view();
  EXPECT_EQ(view.gone, 1);
  EXPECT_EQ(view.closed, 2);
  EXPECT_EQ(view.state, DrainView::State::kDone);
}

TEST_F(Graceful, ACancelledDrainSparesThem) {
  world.Say(*a, "call 1 m 5");
  ASSERT_TRUE(EverybodysTurn());
  int resumed = a->socket.resumed();
  drains.Cancel(*drain, world.now);
  world.Run();
  EXPECT_EQ(a->socket.resumed(), resumed + 1);
  EXPECT_TRUE(a->shard.Reading(a->key));
  Pass(absl::Seconds(6));
  world.Reply(*worker, Payload::Json("9"));
  EXPECT_FALSE(a->socket.closed());
  EXPECT_EQ(drain->view().finishing, 0);
  EXPECT_EQ(drain->view().closed, 2);
  EXPECT_THAT(world.Say(*a, "call 2 m 5"), ElementsAre("ok 1 9")) << "it goes on as before";
  EXPECT_EQ(worker->invoked.size(), 1);
}

TEST_F(Graceful, OfTwoDrainsTheOneThatEndsFirstCloses) {
  world.Say(*a, "call 1 m 5");
  ASSERT_TRUE(EverybodysTurn());
  const SharedDrain first = drain;
  plan.grace = absl::Seconds(1);
  plan.frame = {4000, "quick"};
  ASSERT_TRUE(EverybodysTurn());
  Pass(absl::Milliseconds(1100));
  EXPECT_EQ(a->socket.closed(), (CloseFrame{4000, "quick"}));
  EXPECT_EQ(drain->view().closed, 1);
  EXPECT_EQ(first->view().gone, 1);
  EXPECT_EQ(first->view().state, DrainView::State::kDone);
}

TEST_F(Graceful, OfTwoDrainsOneMayBeCancelled) {
  world.Say(*a, "call 1 m 5");
  ASSERT_TRUE(EverybodysTurn());
  const SharedDrain first = drain;
  plan.grace = absl::Seconds(1);
  ASSERT_TRUE(EverybodysTurn());
  drains.Cancel(*drain, world.now);
  Pass(absl::Seconds(2));
  EXPECT_FALSE(a->socket.closed());
  EXPECT_FALSE(a->shard.Reading(a->key));
  Pass(absl::Seconds(4));
  EXPECT_TRUE(a->socket.closed());
  EXPECT_EQ(first->view().closed, 3);
}

TEST(Leaving, WhatWaitsForItsTurnIsCarriedOutFirst) {
  ShardOptions options;
  options.policy.rates.commands_per_second = 10;
  options.policy.rates.commands_burst = 1;
  HubWorld world(1, options);
  world.dialect.open = true;
  auto listener = world.Connect("chat", "l");
  auto client = world.Connect("chat", "a");
  world.Say(*listener, "sub 1 x");
  world.Say(*client, "pub - x 1");
  world.Say(*client, "pub - x 2");
  listener->socket.Take();
  Drains drains{world.set, world.home};
  drains.Select({.selector = {.space = "chat", .connections = {"a"}}, .grace = absl::Minutes(1)},
                world.now,
                [&](Drain& drain, Now at) { drains.Begin(drain, {.per_second = 1000}, at); });
  world.Run();
  EXPECT_FALSE(client->socket.closed());
  world.Pass(absl::Seconds(1));
  EXPECT_THAT(listener->socket.Take(), ElementsAre("pub x 2"));
  EXPECT_TRUE(client->socket.closed());
  EXPECT_EQ(world.probe().graces_expired.value(), 0);
}

}  // namespace
}  // namespace sluice::hub
