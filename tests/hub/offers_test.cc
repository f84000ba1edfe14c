// SPDX-License-Identifier: Apache-2.0
//
// Several workers offer the same: who may use it when they disagree, and what is left when one
// takes it back.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "gateway/hub/event_log.h"
#include "gateway/hub/methods.h"
#include "gateway/hub/views.h"
#include "gateway/hub/workers.h"
#include "tests/fakes/hub_world.h"

namespace sluice::hub {
namespace {

using fakes::FakeWorker;
using fakes::HubWorld;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using Type = ConnectionEvent::Type;

// A worker that offers the method "admin" and the event "secret".
struct Team {
  explicit Team(HubWorld& w, std::string n) : world(w), name(std::move(n)) {}

  SharedOffer Method(bool is_protected, std::string method = "admin") {
    auto offer = std::make_shared<Offer>();
    offer->worker = id();
    offer->worker_name = name;
    offer->link = link;
    offer->method = std::move(method);
    offer->is_protected = is_protected;
    return offer;
  }
  Registration Offers(bool is_protected, std::string space = "chat") {
    return {std::move(space), {Method(is_protected)}, {{"secret", is_protected, id(), name}}};
  }
  void Register(bool is_protected, std::string space = "chat") {
    world.Register(Offers(is_protected, std::move(space)));
  }
  void Declare(const std::string& space, const std::vector<std::string>& methods,
               const std::vector<std::string>& events) {
    Registration declared{space, {}, {}};
    for (const std::string& method : methods) declared.offers.push_back(Method(false, method));
    for (const std::string& event : events) declared.events.push_back({event, false, id(), name});
    world.Register(declared);
  }
  void Deregister(Deregistration what) {
    what.worker = id();
    if (what.space.empty()) what.space = "chat";
    world.shard().workers().Deregister(what, world.now);
  }
  void Leave() { world.shard().workers().Lose(id(), {}, world.now); }
  WorkerId id() const { return HubWorld::IdOf(link); }

  HubWorld& world;
  std::string name;
  std::shared_ptr<FakeWorker> link = std::make_shared<FakeWorker>(10);
};

// Whether a stranger is kept out of both.
bool Protected(HubWorld& world, std::string space = "chat") {
  auto client = world.Connect(std::move(space));
  bool event =
      world.Say(*client, "sub 1 secret") == std::vector<std::string>{"err 1 event_forbidden"};
  auto called = world.Say(*client, "call 2 admin x");
  bool method = called == std::vector<std::string>{"err 2 method_forbidden"};
  EXPECT_EQ(event, method);
  world.Vanish(*client);
  return event && method;
}

TEST(Access, IsProtectedAsLongAsAnybodySaysSo) {
  for (bool protected_first : {true, false}) {
    HubWorld world;
    Team a(world, "a");
    Team b(world, "b");
    (protected_first ? a : b).Register(protected_first);
    (protected_first ? b : a).Register(!protected_first);
    EXPECT_TRUE(Protected(world));
    b.Leave();
    EXPECT_TRUE(Protected(world));
    b.Register(false);
    a.Leave();
    EXPECT_FALSE(Protected(world)) << "recomputed";
    a.Register(true);
    EXPECT_TRUE(Protected(world));
  }
}

TEST(Access, IsRecomputedWhenOneTakesItBack) {
  HubWorld world;
  Team a(world, "a");
  Team b(world, "b");
  a.Register(true);
  b.Register(false);
  b.Deregister({.methods = {"admin"}, .events = {"secret"}});
  EXPECT_TRUE(Protected(world));
  b.Register(false);
  b.Deregister({.everything = true});
  EXPECT_TRUE(Protected(world));
  b.Register(false);
  a.Deregister({.everything = true});
  EXPECT_FALSE(Protected(world));
}

TEST(Access, StaysWhatItWasWhileNobodyOffersIt) {
  HubWorld world;
  Team a(world, "a");
  a.Register(true);
  a.Leave();
  EXPECT_TRUE(Protected(world));
}

TEST(Access, IsTheWorkersOwnToChange) {
  HubWorld world;
  Team a(world, "a");
  a.Register(true);
  a.Register(false);
  EXPECT_FALSE(Protected(world));
  EXPECT_EQ(world.probe().access_conflicts.value(), 0);
}

TEST(Access, OfEveryNamespaceHoldsInEach) {
  HubWorld world;
  Team a(world, "a");
  Team b(world, "b");
  b.Register(false);
  EXPECT_FALSE(Protected(world));
  a.Register(true, "*");
  EXPECT_TRUE(Protected(world));
  a.Leave();
  EXPECT_FALSE(Protected(world));
}

TEST(Access, ConflictsAreToldOnce) {
  HubWorld world(2);
  Team a(world, "a");
  Team b(world, "b");
  a.Register(true);
  b.Register(false);
  world.Run();
  ASSERT_EQ(world.events.events.size(), 2);
  const ConnectionEvent& method = world.events.events[0];
  EXPECT_EQ(method.type, Type::kAccessConflict);
  EXPECT_EQ(method.space, "chat");
  EXPECT_EQ(method.channel, "admin");
  EXPECT_EQ(method.extras().reason,
            R"(the method "admin" is protected for worker "a" and public for worker "b")");
  EXPECT_EQ(world.events.events[1].channel, "secret");
}

TEST(Access, ConflictsAreRefusedIfThatIsTheRule) {
  ShardOptions options;
  options.refuse_conflicts = true;
  HubWorld world(1, options);
  Team a(world, "a");
  Team b(world, "b");
  a.Register(false);
  absl::Status refused = world.shard().workers().Register(b.Offers(true), world.now);
  EXPECT_EQ(refused.code(), absl::StatusCode::kAlreadyExists);
  EXPECT_THAT(std::string(refused.message()), HasSubstr(R"(worker "a")"));
  EXPECT_FALSE(Protected(world)) << "nothing of it was taken";
  a.Leave();
  b.Register(true);
  EXPECT_TRUE(Protected(world));
}

// --- Taking back ---------------------------------------------------------------------------------

TEST(TakingBack, LeavesWhatAnotherOffers) {
  HubWorld world;
  Team a(world, "a");
  Team b(world, "b");
  for (Team* team : {&a, &b}) team->Register(false);
  b.Deregister({.methods = {"admin"}, .events = {"secret"}});
  MethodsView view = world.shard().views().Methods("chat");
  ASSERT_EQ(view.methods.size(), 1);
  ASSERT_EQ(view.events.size(), 1);
  EXPECT_THAT(view.methods[0].workers, ElementsAre("a"));
  EXPECT_THAT(view.events[0].workers, ElementsAre("a"));
  a.Deregister({.methods = {"admin"}, .events = {"secret"}});
  EXPECT_THAT(world.shard().views().Methods("chat").methods, IsEmpty());
  EXPECT_THAT(world.shard().views().Methods("chat").events, IsEmpty());
}

// --- Listing -------------------------------------------------------------------------------------

TEST(Listing, ShowsNoMoreThanAsked) {
  HubWorld world;
  Team own(world, "own");
  Team every(world, "every");
  own.Declare("chat", {"b", "d"}, {"x", "z"});
  every.Declare("*", {"a", "b", "c"}, {"y"});
  auto names = [&](const MethodsRange& range) {
    MethodsView view = world.shard().views().Methods("chat", range);
    std::vector<std::string> names;
    for (const auto& method : view.methods) names.push_back(method.name);
    for (const auto& event : view.events) names.push_back("event " + event.name);
    return names;
  };
  EXPECT_THAT(names({}), ElementsAre("a", "b", "c", "d", "event x", "event y", "event z"));
  EXPECT_THAT(names({.limit = 2}), ElementsAre("a", "b"));
  EXPECT_THAT(names({.after = "b", .limit = 3}), ElementsAre("c", "d", "event x"));
  EXPECT_THAT(names({.events_alone = true, .after = "x"}), ElementsAre("event y", "event z"));
  EXPECT_THAT(names({.bytes_max = 6}), ElementsAre("a", "b")) << "what comes over it is the last";
  EXPECT_THAT(world.shard().views().Methods("chat").methods[1].workers, ElementsAre("own"));
}

TEST(TakingBack, IsNotForWhoDoesNotOffer) {
  HubWorld world;
  Team a(world, "a");
  Team b(world, "b");
  a.Register(true);
  b.Deregister({.methods = {"admin"}, .events = {"secret"}});
  EXPECT_TRUE(Protected(world));
}

TEST(TakingBack, AnEventThatNobodyDeclaresAnyMoreIsAnyWorkers) {
  HubWorld world;
  Team a(world, "a");
  Team b(world, "b");
  a.Register(true);
  a.Leave();
  b.Deregister({.events = {"secret"}});
  EXPECT_THAT(world.shard().views().Methods("chat").events, IsEmpty());
}

TEST(TakingBack, RolesAndGuardsLeavesThoseOfOthers) {
  HubWorld world;
  auto offer = [&](Team& team, Role role) {
    auto made = std::make_shared<Offer>();
    made->worker = team.id();
    made->link = team.link;
    made->role = role;
    made->action = GuardAction::kConnect;
    return made;
  };
  Team a(world, "a");
  Team b(world, "b");
  for (Team* team : {&a, &b}) {
    world.Register({"chat", {offer(*team, Role::kLogin), offer(*team, Role::kGuard)}, {}});
  }
  b.Deregister({.roles = {Role::kLogin}, .guards = {GuardAction::kConnect}});
  auto client = world.Connect("chat");
  ASSERT_EQ(a.link->invoked.size(), 1) << "its guard";
  world.Reply(*a.link, Verdict{true, {}, false, {}});
  world.Say(*client, "login 1 x");
  EXPECT_EQ(a.link->invoked.size(), 1);
  EXPECT_THAT(b.link->invoked, IsEmpty());
}

TEST(TakingBack, NamesAreCountedOnceThoughAMessageSaysThemTwice) {
  ShardOptions options;
  options.methods_max = 2;
  HubWorld world(1, options);
  for (int i = 0; i < 3; ++i) {
    world.Register({"chat", {}, {{"x", false, 1}, {"x", false, 1}}});
    world.shard().workers().Deregister({.worker = 1, .space = "chat", .events = {"x"}}, world.now);
  }
}

// --- Attributes ----------------------------------------------------------------------------------

TEST(TimeLimits, AreThoseOfWhoGetsTheCall) {
  HubWorld world;
  Team quick(world, "quick");
  Team slow(world, "slow");
  auto limited = [&](Team& team, int seconds) {
    auto offer = std::make_shared<Offer>();
    offer->worker = team.id();
    offer->link = team.link;
    offer->method = "m";
    offer->time_limit = absl::Seconds(seconds);
    return offer;
  };
  world.Register({"chat", {limited(quick, 2)}, {}});
  auto client = world.Connect("chat");
  world.Say(*client, "call 1 m x");
  EXPECT_EQ(quick.link->invoked.at(0).context.deadline, world.now.date + absl::Seconds(2));
  quick.link->AddCredit(-9);
  world.Register({"chat", {limited(slow, 30)}, {}});
  world.Say(*client, "call 2 m x");
  EXPECT_EQ(slow.link->invoked.at(0).context.deadline, world.now.date + absl::Seconds(30));
  world.Pass(absl::Seconds(3));
  EXPECT_THAT(client->socket.Take(), ElementsAre("err 1 timeout"));
}

}  // namespace
}  // namespace sluice::hub
