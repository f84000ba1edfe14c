// SPDX-License-Identifier: Apache-2.0
//
// Connections come, are admitted, keep alive, are taken over, and leave.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "gateway/hub/client_verbs.h"
#include "gateway/hub/event_log.h"
#include "gateway/hub/keepalive.h"
#include "gateway/hub/sessions.h"
#include "gateway/hub/views.h"
#include "gateway/hub/workers.h"
#include "tests/fakes/hub_world.h"

namespace sluice::hub {
namespace {

using fakes::FakeClient;
using fakes::HubWorld;
using testing::ElementsAre;
using testing::IsEmpty;
using Type = ConnectionEvent::Type;

std::vector<Type> Types(const HubWorld& world) {
  std::vector<Type> types;
  for (const auto& event : world.events.events) types.push_back(event.type);
  return types;
}

// To the ping that its holder gets when an id is wanted again.
void Answer(HubWorld& world, FakeClient& client) {
  client.shard.Alive(client.key, world.now);
  world.Run();
}

Accept AcceptAs(std::string user) {
  Accept accept;
  accept.user = std::move(user);
  return accept;
}

TEST(Sessions, OpenWithoutAdmissionWhenNobodyAsksForIt) {
  HubWorld world;
  auto client = world.Arrive("chat", "a");
  EXPECT_FALSE(world.shard().Reading(client->key)) << "not before its id is claimed";
  world.Run();
  EXPECT_TRUE(world.shard().Reading(client->key));
  EXPECT_EQ(client->socket.resumed(), 1);
  EXPECT_THAT(Types(world), ElementsAre(Type::kOpened));
  EXPECT_EQ(world.events.events[0].connection, "a");
  EXPECT_EQ(world.probe().connections[0].value(), 1);
}

TEST(Sessions, GetARandomIdWithoutOne) {
  HubWorld world;
  auto a = world.Connect("chat");
  auto b = world.Connect("chat");
  std::vector<ConnectionView> all = world.shard().views().List({.space = "chat"}, "", 10);
  ASSERT_EQ(all.size(), 2);
  EXPECT_EQ(all[0].id.size(), 36);
  EXPECT_EQ(all[0].id[14], '4');
  EXPECT_NE(all[0].id, all[1].id);
}

TEST(Sessions, LeaveWithTheirPresence) {
  HubWorld world;
  auto client = world.Connect("chat", "a");
  EXPECT_EQ(world.presence.held(), 1);
  world.Vanish(*client);
  EXPECT_EQ(world.presence.held(), 0);
  EXPECT_EQ(world.shard().sessions(), 0);
  EXPECT_THAT(Types(world), ElementsAre(Type::kOpened, Type::kClosed));
  EXPECT_EQ(world.events.events[1].code, 1006);
  EXPECT_EQ(world.probe().closed_by_peer.value(), 1);
  EXPECT_EQ(world.probe().connections[0].value(), 0);
}

TEST(Sessions, ThatLeaveDuringTheirClaimGiveItBack) {
  HubWorld world;
  auto client = world.Arrive("chat", "a");
  world.Vanish(*client);
  EXPECT_EQ(world.presence.held(), 0);
  EXPECT_THAT(Types(world), ElementsAre(Type::kAborted));
}

TEST(Sessions, SwitchDialectAtTheirFirstFrame) {
  HubWorld world;
  fakes::FakeDialect twin(1);
  world.dialect.set_binary_twin(&twin);
  auto client = world.Connect("chat", "a");
  world.shard().Receive(client->key, "list 1", true, world.now);
  EXPECT_EQ(world.shard().views().List({.space = "chat"}, "", 1)[0].dialect, 1);
  EXPECT_EQ(world.probe().connections[0].value(), 0);
  EXPECT_EQ(world.probe().connections[1].value(), 1);
}

// --- Admission -----------------------------------------------------------------------------------

TEST(Admission, AcceptSetsEverything) {
  HubWorld world;
  auto worker = world.ServeRole("chat", Role::kAdmission);
  auto client = world.Connect("chat", "a");
  ASSERT_EQ(worker->invoked.size(), 1);
  EXPECT_EQ(worker->invoked[0].context.candidate->id, "a");
  EXPECT_EQ(worker->invoked[0].context.candidate->space, "chat");
  EXPECT_FALSE(world.shard().Reading(client->key));
  Accept accept{"new", "ann", {{"tier", "gold"}}, {"x", "y"}, "hello", Payload::Json("[1]")};
  world.Reply(*worker, accept);
  EXPECT_THAT(client->socket.Take(), ElementsAre("event hello [1]"));
  ConnectionView view = world.shard().views().List({.space = "chat"}, "", 1)[0];
  EXPECT_EQ(view.id, "new");
  EXPECT_EQ(view.user, "ann");
  EXPECT_EQ(view.labels, (Labels{{"tier", "gold"}}));
  EXPECT_THAT(view.channels, ElementsAre("x", "y"));
  EXPECT_TRUE(view.authenticated);
}

TEST(Admission, RejectClosesWithItsCode) {
  HubWorld world;
  auto worker = world.ServeRole("chat", Role::kAdmission);
  auto client = world.Connect("chat", "a");
  world.Reply(*worker, Reject{4555, "not today"});
  EXPECT_EQ(client->socket.closed(), (CloseFrame{4555, "not today"}));
  EXPECT_THAT(Types(world), ElementsAre(Type::kRefused));
  EXPECT_EQ(world.presence.held(), 0);
}

TEST(Admission, RejectWithoutCodeHasTheDefault) {
  HubWorld world;
  auto worker = world.ServeRole("chat", Role::kAdmission);
  auto client = world.Connect("chat", "a");
  world.Reply(*worker, Reject{});
  EXPECT_EQ(client->socket.closed()->code, 4403);
}

TEST(Admission, IsNotSkippedWhenItsWorkerIsGone) {
  HubWorld world;
  auto worker = world.ServeRole("chat", Role::kAdmission);
  world.Kill(*worker);
  auto client = world.Connect("chat", "a");
  EXPECT_EQ(client->socket.closed()->code, 1013);
}

TEST(Admission, IsNotSkippedWhenItsWorkerTookEverythingBack) {
  HubWorld world;
  auto worker = world.ServeRole("chat", Role::kAdmission);
  world.shard().workers().Deregister({HubWorld::IdOf(worker), "chat", true, {}, {}, {}}, world.now);
  auto client = world.Connect("chat", "a");
  EXPECT_EQ(client->socket.closed()->code, 1013);
}

TEST(Admission, IsDemandedByOption) {
  ShardOptions options;
  options.admission_required = {"*"};
  HubWorld world(1, options);
  EXPECT_EQ(world.Connect("chat", "a")->socket.closed()->code, 1013);
}

TEST(Admission, TimesOut) {
  HubWorld world;
  auto worker = world.ServeRole("chat", Role::kAdmission);
  auto client = world.Connect("chat", "a");
  world.Pass(absl::Seconds(6));
  EXPECT_EQ(client->socket.closed()->code, 1013);
  EXPECT_EQ(worker->cancelled.size(), 1);
}

TEST(Admission, OfEveryNamespaceIsAsteriskS) {
  HubWorld world;
  auto worker = world.ServeRole("*", Role::kAdmission);
  auto client = world.Connect("anything", "a");
  EXPECT_EQ(worker->invoked.size(), 1);
}

// --- Ids -----------------------------------------------------------------------------------------

std::unique_ptr<FakeClient> ConnectAs(HubWorld& world, fakes::FakeWorker& admission,
                                      std::string user, uint32_t shard) {
  auto client = world.Arrive("chat", "same", shard);
  world.Run();
  world.Reply(admission, AcceptAs(std::move(user)));
  return client;
}

TEST(Ids, OfTheSameUserAreTakenOverAcrossShards) {
  HubWorld world(2);
  auto admission = world.ServeRole("chat", Role::kAdmission);
  auto older = ConnectAs(world, *admission, "ann", 0);
  std::vector<std::string> channels = {"x"};
  world.shard(0).clients().Join({.space = "chat"}, channels, world.now);
  auto newer = ConnectAs(world, *admission, "ann", 1);
  EXPECT_EQ(older->socket.closed()->code, 4410);
  EXPECT_TRUE(world.shard(1).Reading(newer->key));
  EXPECT_THAT(world.shard(1).views().List({.space = "chat"}, "", 1)[0].channels, ElementsAre("x"));
  EXPECT_EQ(world.shard(0).views().Count({.space = "chat"}), 0);
  world.Vanish(*older);
  EXPECT_EQ(world.presence.held(), 1) << "the older one's end does not end the newer's presence";
  EXPECT_THAT(Types(world), ElementsAre(Type::kOpened, Type::kJoined, Type::kTakenOver))
      << "membership continues";
}

TEST(Ids, OfAnotherUserAreRejected) {
  HubWorld world(2);
  auto admission = world.ServeRole("chat", Role::kAdmission);
  auto older = ConnectAs(world, *admission, "ann", 0);
  auto newer = ConnectAs(world, *admission, "bob", 1);
  Answer(world, *older);
  EXPECT_EQ(newer->socket.closed()->code, 4409);
  EXPECT_FALSE(older->socket.closed());
}

TEST(Ids, OfNobodyAreRejectedByDefaultAndTakenOverByPolicy) {
  HubWorld world;
  auto older = world.Connect("chat", "same");
  auto newer = world.Connect("chat", "same");
  Answer(world, *older);
  EXPECT_EQ(newer->socket.closed()->code, 4409);
  ShardOptions options;
  options.policy.arrival.id_policy = storage::ClaimPolicy::kTakeover;
  HubWorld other(1, options);
  auto first = other.Connect("chat", "same");
  auto second = other.Connect("chat", "same");
  EXPECT_EQ(first->socket.closed()->code, 4410);
  EXPECT_FALSE(second->socket.closed());
}

TEST(Ids, AreFreeInAnotherNamespace) {
  HubWorld world;
  auto a = world.Connect("a", "same");
  auto b = world.Connect("b", "same");
  EXPECT_FALSE(a->socket.closed());
  EXPECT_FALSE(b->socket.closed());
}

TEST(Ids, AreHeldOnceThoughAVanishedHeirGaveThemBackEarly) {
  ShardOptions options;
  options.policy.arrival.id_policy = storage::ClaimPolicy::kTakeover;
  HubWorld world(2, options);
  auto oldest = world.Connect("chat", "same", 1);
  auto heir = world.Arrive("chat", "same", 0);
  world.shard(0).Closed(heir->key, {1006, ""}, world.now);
  // Its claim waits on this shard already when the heir's displacement is posted there.
  auto newest = world.Arrive("chat", "same", 1);
  world.Run();
  EXPECT_EQ(oldest->socket.closed()->code, 4410);
  world.Vanish(*oldest);
  EXPECT_FALSE(newest->socket.closed());
  EXPECT_EQ(world.shard(1).views().Count({.space = "chat", .connections = {"same"}}), 1);
  EXPECT_EQ(world.probe(1).connections[0].value(), 1);
  EXPECT_EQ(world.presence.held(), 1);
}

TEST(Ids, WhoseHeirLeavesBeforeItInheritsAreFreeAgain) {
  ShardOptions options;
  options.policy.arrival.id_policy = storage::ClaimPolicy::kTakeover;
  HubWorld world(2, options);
  auto older = world.Connect("chat", "same", 0);
  auto newer = world.Arrive("chat", "same", 1);
  world.shard(1).Closed(newer->key, {1006, ""}, world.now);
  world.Run();
  EXPECT_EQ(older->socket.closed()->code, 4410);
  EXPECT_EQ(world.presence.held(), 0);
  EXPECT_THAT(Types(world), ElementsAre(Type::kOpened, Type::kAborted, Type::kClosed));
}

// --- Keepalive --------------------------------------------------------------------------------

TEST(Keepalive, PingsTheQuietAndClosesTheDead) {
  HubWorld world;
  auto client = world.Connect("chat", "a");
  world.Pass(absl::Seconds(24));
  EXPECT_THAT(client->socket.Take(), IsEmpty());
  world.Pass(absl::Seconds(2));
  EXPECT_THAT(client->socket.Take(), ElementsAre("<ping>"));
  world.Pass(absl::Seconds(11));
  EXPECT_EQ(client->socket.closed()->code, 4408);
}

TEST(Keepalive, IsSatisfiedByAPongAndByAMessage) {
  HubWorld world;
  auto client = world.Connect("chat", "a");
  for (int i = 0; i < 5; ++i) {
    world.Pass(absl::Seconds(26));
    EXPECT_THAT(client->socket.Take(), ElementsAre("<ping>"));
    world.shard().Alive(client->key, world.now);
  }
  EXPECT_FALSE(client->socket.closed());
  for (int i = 0; i < 5; ++i) {
    world.Pass(absl::Seconds(20));
    world.Say(*client, "list 1");
  }
  EXPECT_THAT(client->socket.Take(), IsEmpty()) << "a client that talks is not pinged";
}

}  // namespace
}  // namespace sluice::hub
