// SPDX-License-Identifier: Apache-2.0
//
// Connections are closed at a pace, and not in the middle of what is under way for them.
#include "gateway/hub/drains.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

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
  Drains drains{{.kept_max = 2}, world.set, world.home};
  absl::StatusOr<DrainView> Start(DrainPlan plan) {
    absl::StatusOr<DrainView> view;
    drains.Start(std::move(plan), world.now, [&](auto started) { view = std::move(started); });
    world.Run();
    return view;
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
  auto started = Start({.id = "d", .selector = {.space = "chat"}, .per_second = 2});
  ASSERT_TRUE(started.ok());
  EXPECT_EQ(started->matched, 3);
  EXPECT_EQ(Closed(), 1);
  Pass(absl::Milliseconds(480));
  EXPECT_EQ(Closed(), 1);
  Pass(absl::Milliseconds(40));
  EXPECT_EQ(Closed(), 2);
  Pass(absl::Seconds(1));
  EXPECT_EQ(Closed(), 3);
  DrainView view = *drains.Get("d");
  EXPECT_EQ(view.state, DrainView::State::kDone);
  EXPECT_EQ(view.closed, 3);
  EXPECT_EQ(a->socket.closed()->code, 1001);
  EXPECT_FALSE(other->socket.closed());
}

TEST_F(Draining, PausesResumesAndCancels) {
  ASSERT_TRUE(Start({.id = "d", .selector = {.space = "chat"}, .per_second = 2}).ok());
  EXPECT_EQ(drains.Pause("d", world.now)->state, DrainView::State::kPaused);
  Pass(absl::Seconds(5));
  EXPECT_EQ(Closed(), 1);
  EXPECT_EQ(drains.Resume("d", world.now)->state, DrainView::State::kRunning);
  Pass(absl::Milliseconds(520));
  EXPECT_EQ(Closed(), 2) << "no burst for the time that was paused";
  EXPECT_EQ(drains.Cancel("d", world.now)->state, DrainView::State::kCancelled);
  Pass(absl::Seconds(5));
  EXPECT_EQ(Closed(), 2);
  EXPECT_EQ(drains.Cancel("d", world.now).status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(drains.Get("nope").status().code(), absl::StatusCode::kNotFound);
}

TEST_F(Draining, CountsWhoLeftByThemselves) {
  ASSERT_TRUE(Start({.id = "d", .selector = {.space = "chat"}, .per_second = 1}).ok());
  for (FakeClient* client : {a.get(), b.get(), c.get()}) {
    if (!client->socket.closed()) world.Vanish(*client);
  }
  Pass(absl::Seconds(3));
  DrainView view = *drains.Get("d");
  EXPECT_EQ(view.closed, 1);
  EXPECT_EQ(view.gone, 2);
  EXPECT_EQ(view.state, DrainView::State::kDone);
}

TEST_F(Draining, RefusesNewcomersWhileItLasts) {
  DrainPlan plan{.id = "d", .selector = {.space = "chat"}, .per_second = 1, .refuse_new = true};
  ASSERT_TRUE(Start(plan).ok());
  EXPECT_TRUE(world.shard(1).Refuses("chat"));
  EXPECT_FALSE(world.shard(1).Refuses("other"));
  Pass(absl::Seconds(3));
  EXPECT_FALSE(world.shard(1).Refuses("chat"));
}

TEST_F(Draining, IsTheSameUnderTheSameIdAndBounded) {
  DrainPlan plan{.id = "d", .selector = {.space = "chat"}, .per_second = 1};
  ASSERT_TRUE(Start(plan).ok());
  EXPECT_EQ(Start(plan)->matched, 3);
  plan.per_second = 2;
  EXPECT_EQ(Start(plan).status().code(), absl::StatusCode::kAlreadyExists);
  plan.id = "e";
  ASSERT_TRUE(Start(plan).ok());
  plan.id = "f";
  EXPECT_EQ(Start(plan).status().code(), absl::StatusCode::kResourceExhausted);
  ASSERT_TRUE(drains.Cancel("d", world.now).ok());
  EXPECT_TRUE(Start(plan).ok()) << "what ended makes room";
  EXPECT_EQ(drains.Get("d").status().code(), absl::StatusCode::kNotFound);
}

TEST_F(Draining, IsWatched) {
  std::vector<DrainView> views;
  ASSERT_TRUE(Start({.id = "d", .selector = {.space = "chat"}, .per_second = 10}).ok());
  ASSERT_TRUE(drains.AddWatch("d", [&](const DrainView& view) { views.push_back(view); }).ok());
  Pass(absl::Seconds(1));
  ASSERT_GE(views.size(), 3);
  EXPECT_EQ(views.front().state, DrainView::State::kRunning);
  EXPECT_EQ(views.back().state, DrainView::State::kDone);
  EXPECT_EQ(views.back().closed, 3);
}

// --- What comes late -----------------------------------------------------------------------------

struct OneDrain : Draining {
  Drains one{{.kept_max = 1}, world.set, world.home};
  std::vector<absl::StatusOr<DrainView>> started;
  void Begin(DrainPlan plan) {
    one.Start(std::move(plan), world.now, [&](auto view) { started.push_back(std::move(view)); });
  }
};

TEST_F(OneDrain, ThatIsCancelledAndReplacedBeforeItIsSelected) {
  Begin({.id = "a", .selector = {.space = "chat"}, .per_second = 1000});
  ASSERT_TRUE(one.Cancel("a", world.now).ok());
  Begin({.id = "b", .selector = {.space = "other"}, .per_second = 1000});
  world.Run();
  ASSERT_EQ(started.size(), 2);
  EXPECT_EQ(started[0]->state, DrainView::State::kCancelled);
  EXPECT_EQ(started[1]->matched, 1);
  EXPECT_EQ(Closed(), 0);
}

TEST_F(OneDrain, ThatIsCancelledStaysSoWhenItsSelectionComes) {
  Begin({.id = "a", .selector = {.space = "chat"}, .per_second = 1000});
  ASSERT_TRUE(one.Cancel("a", world.now).ok());
  Begin({.id = "a", .selector = {.space = "chat"}, .per_second = 1000});
  ASSERT_EQ(started.size(), 2) << "also whoever asks for it again is told";
  world.Run();
  EXPECT_EQ(one.Get("a")->matched, 0);
  EXPECT_EQ(one.Get("a")->state, DrainView::State::kCancelled);
  EXPECT_EQ(Closed(), 0);
}

TEST_F(OneDrain, IsNotTakenForItsNamesake) {
  Begin({.id = "a", .selector = {.space = "chat"}, .per_second = 1000});
  ASSERT_TRUE(one.Cancel("a", world.now).ok());
  Begin({.id = "b", .selector = {.space = "chat"}, .per_second = 1000});
  ASSERT_TRUE(one.Cancel("b", world.now).ok());
  Begin({.id = "a", .selector = {.space = "other"}, .per_second = 1000});
  world.Run();
  EXPECT_EQ(one.Get("a")->matched, 1) << "the late selection is of the first one";
  EXPECT_EQ(Closed(), 0);
}

TEST_F(OneDrain, CountsNoCloseOfItsNamesake) {
  Begin({.id = "a", .selector = {.space = "chat"}, .per_second = 1});
  while (!one.Get("a")->finishing) world.home.RunOne(world.now), world.RunShards();
  ASSERT_TRUE(one.Cancel("a", world.now).ok());
  Begin({.id = "b", .selector = {.space = "none"}, .per_second = 1});
  ASSERT_TRUE(one.Cancel("b", world.now).ok());
  Begin({.id = "a", .selector = {.space = "chat"}, .per_second = 1000});
  for (int i = 0; i < 10; ++i) {
    world.Run();
    world.Pass(absl::Milliseconds(20));
    one.Tick(world.now);
  }
  DrainView view = *one.Get("a");
  EXPECT_EQ(view.state, DrainView::State::kDone);
  EXPECT_EQ(view.matched, 2);
  EXPECT_EQ(view.closed + view.gone, 2);
  EXPECT_EQ(view.finishing, 0);
  EXPECT_EQ(one.closed_total(), 3);
}

// --- Grace ---------------------------------------------------------------------------------------

struct Graceful : Draining {
  std::shared_ptr<fakes::FakeWorker> worker = world.Serve("chat", "m");
  DrainPlan plan{
      .id = "d", .selector = {.space = "chat"}, .per_second = 1000, .grace = absl::Seconds(5)};
  bool EverybodysTurn() {
    bool started = Start(plan).ok();
    Pass(absl::Milliseconds(20));
    return started;
  }
  struct Sink final : AnswerSink {
    void OnAnswer(ClientAnswer answer) override { answers.push_back(std::move(answer)); }
    std::vector<ClientAnswer> answers;
  };
  std::shared_ptr<Sink> sink = std::make_shared<Sink>();
  Outcome Ask(FakeClient& client, Duration timeout) {
    return client.shard.Ask(7, {.space = "chat"}, "q", Payload::Json("0"), timeout, sink,
                            world.now);
  }
};

TEST_F(Graceful, ACallIsAnsweredBeforeItsConnectionCloses) {
  world.Say(*a, "call 1 m 5");
  ASSERT_TRUE(EverybodysTurn());
  Pass(absl::Seconds(1));
  EXPECT_FALSE(a->socket.closed());
  EXPECT_TRUE(b->socket.closed()) << "nothing was under way there";
  EXPECT_FALSE(a->shard.Reading(a->key));
  EXPECT_EQ(drains.Get("d")->finishing, 1);
  EXPECT_EQ(drains.Get("d")->state, DrainView::State::kRunning);
  EXPECT_EQ(world.probe(0).leaving.value(), 1);
  world.Reply(*worker, Payload::Json("9"));
  EXPECT_THAT(a->socket.Take(), ElementsAre("ok 1 9"));
  EXPECT_EQ(a->socket.closed()->code, 1001);
  DrainView view = *drains.Get("d");
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
  EXPECT_EQ(drains.Get("d")->closed, 3);
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
  DrainView view = *drains.Get("d");
  EXPECT_EQ(view.gone, 1);
  EXPECT_EQ(view.closed, 2);
  EXPECT_EQ(view.state, DrainView::State::kDone);
}

TEST_F(Graceful, ACancelledDrainSparesThem) {
  world.Say(*a, "call 1 m 5");
  ASSERT_TRUE(EverybodysTurn());
  int resumed = a->socket.resumed();
  ASSERT_TRUE(drains.Cancel("d", world.now).ok());
  world.Run();
  EXPECT_EQ(a->socket.resumed(), resumed + 1);
  EXPECT_TRUE(a->shard.Reading(a->key));
  Pass(absl::Seconds(6));
  world.Reply(*worker, Payload::Json("9"));
  EXPECT_FALSE(a->socket.closed());
  EXPECT_EQ(drains.Get("d")->finishing, 0);
  EXPECT_EQ(drains.Get("d")->closed, 2);
  EXPECT_THAT(world.Say(*a, "call 2 m 5"), ElementsAre("ok 1 9")) << "it goes on as before";
  EXPECT_EQ(worker->invoked.size(), 1);
}

TEST_F(Graceful, OfTwoDrainsTheOneThatEndsFirstCloses) {
  world.Say(*a, "call 1 m 5");
  ASSERT_TRUE(EverybodysTurn());
  plan.id = "quick";
  plan.grace = absl::Seconds(1);
  plan.frame = {4000, "quick"};
  ASSERT_TRUE(EverybodysTurn());
  Pass(absl::Milliseconds(1100));
  EXPECT_EQ(a->socket.closed(), (CloseFrame{4000, "quick"}));
  EXPECT_EQ(drains.Get("quick")->closed, 1);
  EXPECT_EQ(drains.Get("d")->gone, 1);
  EXPECT_EQ(drains.Get("d")->state, DrainView::State::kDone);
}

TEST_F(Graceful, OfTwoDrainsOneMayBeCancelled) {
  world.Say(*a, "call 1 m 5");
  ASSERT_TRUE(EverybodysTurn());
  plan.id = "quick";
  plan.grace = absl::Seconds(1);
  ASSERT_TRUE(EverybodysTurn());
  ASSERT_TRUE(drains.Cancel("quick", world.now).ok());
  Pass(absl::Seconds(2));
  EXPECT_FALSE(a->socket.closed());
  EXPECT_FALSE(a->shard.Reading(a->key));
  Pass(absl::Seconds(4));
  EXPECT_TRUE(a->socket.closed());
  EXPECT_EQ(drains.Get("d")->closed, 3);
}

TEST(Leaving, WhatWaitsForItsTurnIsCarriedOutFirst) {
  ShardOptions options;
  options.commands_per_second = 10;
  options.commands_burst = 1;
  HubWorld world(1, options);
  world.dialect.open = true;
  auto listener = world.Connect("chat", "l");
  auto client = world.Connect("chat", "a");
  world.Say(*listener, "sub 1 x");
  world.Say(*client, "pub - x 1");
  world.Say(*client, "pub - x 2");
  listener->socket.Take();
  Drains drains{{.kept_max = 2}, world.set, world.home};
  drains.Start({.id = "d",
                .selector = {.space = "chat", .connections = {"a"}},
                .per_second = 1000,
                .grace = absl::Minutes(1)},
               world.now, [](auto) {});
  world.Run();
  EXPECT_FALSE(client->socket.closed());
  world.Pass(absl::Seconds(1));
  EXPECT_THAT(listener->socket.Take(), ElementsAre("pub x 2"));
  EXPECT_TRUE(client->socket.closed());
  EXPECT_EQ(world.probe().graces_expired.value(), 0);
}

}  // namespace
}  // namespace sluice::hub
