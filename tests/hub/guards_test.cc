// SPDX-License-Identifier: Apache-2.0
//
// Guards decide, in order.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "gateway/hub/guards.h"
#include "tests/fakes/hub_world.h"

namespace sluice::hub {
namespace {

using fakes::FakeWorker;
using fakes::HubWorld;
using testing::ElementsAre;
using testing::IsEmpty;

Verdict Allow(Payload replacement = {}) { return {true, std::move(replacement), false, {}}; }
Verdict Block(std::string name, int32_t code = 0) {
  return {false, {}, false, {Fault::kApplication, std::move(name), code, "no", {}}};
}

std::shared_ptr<FakeWorker> Guard(HubWorld& world, std::vector<GuardAction> actions) {
  auto link = std::make_shared<FakeWorker>(100);
  Registration registration{"chat", {}, {}};
  for (GuardAction action : actions) {
    auto offer = std::make_shared<Offer>();
    offer->worker = HubWorld::IdOf(link);
    offer->link = link;
    offer->role = Role::kGuard;
    offer->action = action;
    registration.offers.push_back(offer);
  }
  world.Register(registration);
  return link;
}

TEST(Guards, DelayWhatComesBehindAndMayChangeIt) {
  HubWorld world;
  auto worker = world.Serve("chat", "m");
  auto guard = Guard(world, {GuardAction::kCall});
  auto client = world.Connect("chat", "a");
  world.Say(*client, "call 1 m one");
  EXPECT_FALSE(world.shard().Reading(client->key)) << "the edge waits as well";
  EXPECT_EQ(guard->invoked[0].method, "m");
  EXPECT_EQ(guard->invoked[0].params, Payload::Json("one"));
  EXPECT_THAT(worker->invoked, IsEmpty());
  world.Reply(*guard, Allow(Payload::Json("changed")));
  ASSERT_EQ(worker->invoked.size(), 1);
  EXPECT_EQ(worker->invoked[0].params, Payload::Json("changed"));
  EXPECT_TRUE(world.shard().Reading(client->key));
  EXPECT_EQ(client->socket.resumed(), 2);
}

// No way around a guard: a method is guarded however it is run.
TEST(Guards, OfCallsGuardNotificationsUnlessThoseHaveTheirOwn) {
  HubWorld world;
  auto worker = world.Serve("chat", "m");
  auto guard = Guard(world, {GuardAction::kCall});
  auto client = world.Connect("chat", "a");
  world.Say(*client, "call - m x");
  ASSERT_EQ(guard->invoked.size(), 1);
  EXPECT_EQ(guard->invoked[0].method, "m");
  world.Reply(*guard, Block("Nope"));
  EXPECT_THAT(client->socket.Take(), IsEmpty());
  EXPECT_THAT(worker->invoked, IsEmpty());

  auto own = Guard(world, {GuardAction::kTransmit});
  world.Say(*client, "call - m x");
  EXPECT_THAT(guard->invoked, IsEmpty());
  ASSERT_EQ(own->invoked.size(), 1);
  world.Reply(*own, Allow());
  EXPECT_EQ(worker->invoked.size(), 1);
}

TEST(Guards, OfNotificationsGuardCallsUnlessThoseHaveTheirOwn) {
  HubWorld world;
  auto worker = world.Serve("chat", "m");
  auto guard = Guard(world, {GuardAction::kTransmit});
  auto client = world.Connect("chat", "a");
  world.Say(*client, "call 1 m x");
  ASSERT_EQ(guard->invoked.size(), 1);
  world.Reply(*guard, Block("Nope"));
  EXPECT_THAT(client->socket.Take(), ElementsAre("err 1 application"));
  EXPECT_THAT(worker->invoked, IsEmpty());
}

TEST(Guards, BlockWithTheirErrorOrSilently) {
  HubWorld world;
  auto worker = world.Serve("chat", "m");
  auto guard = Guard(world, {GuardAction::kCall, GuardAction::kTransmit});
  auto client = world.Connect("chat", "a");
  world.Say(*client, "call 1 m x");
  world.Reply(*guard, Block("Nope"));
  EXPECT_THAT(client->socket.Take(), ElementsAre("err 1 application"));
  world.Say(*client, "call 2 m x");
  world.Reply(*guard, Verdict{false, {}, true, {}});
  EXPECT_THAT(client->socket.Take(), ElementsAre("err 2 blocked"));
  world.Say(*client, "call - m x");
  world.Reply(*guard, Block("Nope"));
  EXPECT_THAT(client->socket.Take(), IsEmpty());
  EXPECT_THAT(worker->invoked, IsEmpty());
  EXPECT_EQ(world.probe().guards_blocked.value(), 3);
}

TEST(Guards, KeepTheOrderOfABatchAndOfWhatIsNotGuarded) {
  HubWorld world;
  auto worker = world.Serve("chat", "m");
  auto guard = Guard(world, {GuardAction::kCall});
  auto client = world.Connect("chat", "a");
  world.Say(*client, "call 1 m x\nlist 2");
  world.Reply(*guard, Allow());
  world.Reply(*worker, Payload::Json("y"));
  EXPECT_THAT(client->socket.Take(), ElementsAre("ok 1 y|methods 2 m"));
}

TEST(Guards, ThatAreGoneOrSilentBlockUnlessOpen) {
  for (bool open : {false, true}) {
    ShardOptions options;
    options.policy.guards.open = open;
    HubWorld world(1, options);
    auto worker = world.Serve("chat", "m");
    auto guard = Guard(world, {GuardAction::kCall});
    auto client = world.Connect("chat", "a");
    world.Say(*client, "call 1 m x");
    world.Pass(absl::Seconds(6));
    EXPECT_EQ(worker->invoked.size(), open ? 1 : 0);
    if (!open) EXPECT_THAT(client->socket.Take(), ElementsAre("err 1 timeout"));
    world.Kill(*guard);
    world.Say(*client, "call 2 m x");
    EXPECT_EQ(worker->invoked.size(), open ? 2 : 0);
    EXPECT_EQ(world.probe().guards_undecided.value(), 2);
  }
}

// What a guard's worker can't even be asked is not let through, whatever --guard-default says.
TEST(Guards, AreNotPassedByWhatIsTooLargeForThem) {
  ShardOptions options;
  options.policy.guards.open = true;
  HubWorld world(1, options);
  auto worker = world.Serve("chat", "m");
  auto guard = Guard(world, {GuardAction::kCall});
  auto client = world.Connect("chat", "a");
  world.Say(*client, "call 1 m x");
  world.Reply(*guard, MakeError(Fault::kTooLarge));
  EXPECT_THAT(client->socket.Take(), ElementsAre("err 1 too_large"));
  EXPECT_THAT(worker->invoked, IsEmpty());
  EXPECT_EQ(world.probe().guards_undecided.value(), 0);
}

TEST(Guards, OfSubscriptionsAreAskedForEachChannel) {
  HubWorld world;
  world.dialect.open = true;
  auto guard = Guard(world, {GuardAction::kSubscribe});
  auto client = world.Connect("chat", "a");
  world.Say(*client, "sub 1 x,y");
  EXPECT_EQ(guard->invoked[0].method, "x");
  world.Reply(*guard, Allow());
  EXPECT_EQ(guard->invoked[0].method, "y");
  world.Reply(*guard, Allow());
  EXPECT_THAT(client->socket.Take(), ElementsAre("chan 1 x=0,y=0"));
}

TEST(Guards, OfConnectionsRefuseWithTheirCode) {
  HubWorld world;
  auto guard = Guard(world, {GuardAction::kConnect});
  auto client = world.Connect("chat", "a");
  world.Reply(*guard, Block("Banned", 4501));
  EXPECT_EQ(client->socket.closed(), (CloseFrame{4501, "no"}));
  auto other = world.Connect("chat", "b");
  world.Reply(*guard, Allow());
  EXPECT_TRUE(world.shard().Reading(other->key));
}

// A close reason has at most 123 bytes and is UTF-8 (RFC 6455 5.5.1).
TEST(Guards, ReasonsAreCutBetweenCharacters) {
  HubWorld world;
  auto guard = Guard(world, {GuardAction::kConnect});
  auto client = world.Connect("chat", "a");
  Verdict verdict = Block("Banned", 4501);
  for (int i = 0; i < 100; ++i) verdict.error.message += "\xc3\xa9";  // behind "no"
  world.Reply(*guard, std::move(verdict));
  ASSERT_TRUE(client->socket.closed());
  EXPECT_EQ(client->socket.closed()->reason.size(), 122);
  EXPECT_TRUE(client->socket.closed()->reason.ends_with("\xc3\xa9"));
}

TEST(Guards, OfWhatGoesOutAreAskedForEachClient) {
  HubWorld world;
  world.dialect.open = true;
  auto guard = Guard(world, {GuardAction::kPublishOut});
  auto a = world.Connect("chat", "a");
  auto b = world.Connect("chat", "b");
  world.Say(*a, "sub 1 x");
  world.Say(*b, "sub 1 x");
  EXPECT_THAT(world.Say(*a, "pub 2 x hi"), ElementsAre("ok 2 ")) << "the ack does not wait";
  ASSERT_EQ(guard->invoked.size(), 2);
  world.Say(*a, "pub 3 x again");
  EXPECT_EQ(guard->invoked.size(), 2) << "one at a time for each client, in order";
  world.Reply(*guard, Allow(Payload::Json("mine")));
  world.Reply(*guard, Block("no"));
  EXPECT_THAT(a->socket.Take(), ElementsAre("pub x mine"));
  EXPECT_THAT(b->socket.Take(), IsEmpty());
  world.Reply(*guard, Allow());
  EXPECT_THAT(a->socket.Take(), ElementsAre("pub x again"));
}

TEST(Guards, LoseTheConnectionWithoutAccident) {
  HubWorld world;
  auto guard = Guard(world, {GuardAction::kCall, GuardAction::kPublishOut});
  auto worker = world.Serve("chat", "m");
  auto client = world.Connect("chat", "a");
  world.Say(*client, "call 1 m x");
  world.Vanish(*client);
  world.Reply(*guard, Allow());
  EXPECT_THAT(worker->invoked, IsEmpty());
}

}  // namespace
}  // namespace sluice::hub
