// SPDX-License-Identifier: Apache-2.0
//
// Guards decide, in order; greetings, tokens, members and publications.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "gateway/hub/exchange.h"
#include "tests/fakes/hub_world.h"

namespace sluice::hub {
namespace {

using fakes::FakeClient;
using fakes::FakeWorker;
using fakes::HubWorld;
using testing::ElementsAre;
using testing::IsEmpty;
using Type = ConnectionEvent::Type;

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

// --- Guards --------------------------------------------------------------------------------------

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
    options.guards_open = open;
    HubWorld world(1, options);
    auto worker = world.Serve("chat", "m");
    auto guard = Guard(world, {GuardAction::kCall});
    auto client = world.Connect("chat", "a");
    world.Say(*client, "call 1 m x");
    world.Pass(absl::Seconds(6));
    EXPECT_EQ(worker->invoked.size(), open ? 1 : 0);
    if (!open) EXPECT_THAT(client->socket.Take(), ElementsAre("err 1 timeout"));
    world.shard().WorkerGone(HubWorld::IdOf(guard), world.now);
    world.Say(*client, "call 2 m x");
    EXPECT_EQ(worker->invoked.size(), open ? 2 : 0);
    EXPECT_EQ(world.probe().guards_undecided.value(), 2);
  }
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

// --- Greetings -----------------------------------------------------------------------------------

struct Greeting : testing::Test {
  Greeting() { world.dialect.greeting_within = absl::Seconds(10); }
  HubWorld world;
};

TEST_F(Greeting, OpensTheConnection) {
  auto client = world.Connect("chat", "a");
  EXPECT_TRUE(world.shard().Reading(client->key));
  EXPECT_EQ(world.shard().Count({.space = "chat"}), 0);
  world.Say(*client, "greet 1 {}");
  world.Run();
  EXPECT_THAT(client->socket.Take(), ElementsAre("welcome 1 a "));
  EXPECT_EQ(world.shard().Count({.space = "chat"}), 1);
  EXPECT_THAT(world.Say(*client, "greet 2 {}"), ElementsAre("welcome 2 a ")) << "asked again";
}

TEST_F(Greeting, TimesOut) {
  auto client = world.Connect("chat", "a");
  world.Pass(absl::Seconds(11));
  EXPECT_EQ(client->socket.closed()->code, 4407);
}

TEST_F(Greeting, GoesToAdmissionWhoseErrorIsTold) {
  auto admission = world.ServeRole("chat", Role::kAdmission);
  auto client = world.Connect("chat", "a");
  EXPECT_THAT(admission->invoked, IsEmpty()) << "nothing was said yet";
  world.Say(*client, "greet 1 {\"who\":1}");
  ASSERT_EQ(admission->invoked.size(), 1);
  EXPECT_EQ(admission->invoked[0].params, Payload::Json("{\"who\":1}"));
  world.Reply(*admission, CallError{Fault::kApplication, "Auth", 401, "failed", {}});
  EXPECT_THAT(client->socket.Take(), ElementsAre("err 1 application"));
  EXPECT_EQ(client->socket.closed()->code, 4403);
}

TEST_F(Greeting, CarriesOutWhatCameWithItAfterwards) {
  auto worker = world.Serve("chat", "m");
  world.dialect.open = true;
  auto client = world.Connect("chat", "a");
  world.Say(*client, "greet 1 {}\nsub 2 x");
  world.Run();
  EXPECT_THAT(client->socket.Take(), ElementsAre("welcome 1 a "));
  world.Say(*client, "sub 3 x");
  EXPECT_EQ(world.shard().Count({.space = "chat"}), 1);
}

TEST_F(Greeting, WithATokenAuthenticates) {
  auto client = world.Connect("chat", "a");
  world.Say(*client, "greet 1 {} good:ann");
  world.Run();
  EXPECT_THAT(client->socket.Take(), ElementsAre("welcome 1 a  known"));
  EXPECT_EQ(world.shard().Count({.space = "chat", .users = {"ann"}}), 1);
  auto other = world.Connect("chat", "b");
  world.Say(*other, "greet 1 {} bad");
  world.Run();
  EXPECT_THAT(other->socket.Take(), ElementsAre("welcome 1 b  flawed", "untoken"));
}

// --- Tokens --------------------------------------------------------------------------------------

TEST(Tokens, AreShownGivenUpAndExpire) {
  HubWorld world;
  auto client = world.Connect("chat", "a");
  EXPECT_THAT(world.Say(*client, "auth 1 good:ann"), ElementsAre("auth 1 ok"));
  EXPECT_TRUE(world.shard().List({.space = "chat"}, "", 1)[0].authenticated);
  EXPECT_THAT(world.Say(*client, "auth 2 early"), ElementsAre("auth 2 early"));
  EXPECT_TRUE(world.shard().List({.space = "chat"}, "", 1)[0].authenticated);
  EXPECT_THAT(world.Say(*client, "auth 3 bad"), ElementsAre("auth 3 bad", "untoken"));
  EXPECT_FALSE(world.shard().List({.space = "chat"}, "", 1)[0].authenticated);
  world.dialect.rule.interval = absl::ZeroDuration();
  world.Say(*client, "auth 4 good:bob");
  for (int i = 0; i < 3; ++i) world.Pass(absl::Minutes(20));
  world.Pass(absl::Seconds(1));
  client->socket.Take();
  EXPECT_THAT(world.Say(*client, "list 5"), ElementsAre("untoken", "methods 5 "));
  EXPECT_EQ(world.shard().Count({.space = "chat", .users = {"bob"}}), 0);
}

TEST(Tokens, AreHandedOutAndConfirmed) {
  struct Sink final : AnswerSink {
    void OnAnswer(ClientAnswer) override { ++answers; }
    int answers = 0;
  };
  HubWorld world;
  auto client = world.Connect("chat", "a");
  auto sink = std::make_shared<Sink>();
  Token token = *world.tokens.Sign("ann", world.now);
  Outcome outcome =
      world.shard().SetToken({.space = "chat"}, token, absl::Seconds(1), sink, world.now);
  EXPECT_EQ(outcome.enqueued, 1);
  EXPECT_THAT(client->socket.Take(), ElementsAre("token good:ann 1"));
  world.Say(*client, "answer - 1 ok");
  EXPECT_EQ(sink->answers, 1);
  EXPECT_EQ(world.shard().Count({.space = "chat", .users = {"ann"}}), 1);
  world.shard().Deauthenticate({.space = "chat"}, world.now);
  EXPECT_THAT(client->socket.Take(), ElementsAre("untoken"));
  EXPECT_EQ(world.shard().Count({.space = "chat", .users = {"ann"}}), 0);
}

// --- Publications --------------------------------------------------------------------------------

TEST(Publications, ReachMembersOnEveryShardAndBackends) {
  HubWorld world(2);
  world.dialect.open = true;
  auto a = world.Connect("chat", "a", 0);
  auto b = world.Connect("chat", "b", 1);
  world.Say(*a, "sub 1 x");
  world.Say(*b, "sub 1 x");
  EXPECT_THAT(world.Say(*a, "pub 2 x hi"), ElementsAre("pub x hi", "ok 2 "));
  world.Run();
  EXPECT_THAT(b->socket.Take(), ElementsAre("pub x hi"));
  ASSERT_EQ(world.tap.publications.size(), 1);
  EXPECT_EQ(world.tap.publications[0].connection, "a");
  EXPECT_EQ(world.encodings.value(), 1);
}

TEST(Publications, AreRelayedToTheOthers) {
  HubWorld world(2);
  auto a = world.Connect("chat", "a", 0);
  auto b = world.Connect("chat", "b", 1);
  EXPECT_THAT(world.Say(*a, "relay - cursor 7"), IsEmpty());
  world.Run();
  EXPECT_THAT(a->socket.Take(), IsEmpty());
  EXPECT_THAT(b->socket.Take(), ElementsAre("event cursor 7"));
}

TEST(Publications, OfKickedClientsEnd) {
  HubWorld world;
  world.dialect.open = true;
  auto client = world.Connect("chat", "a");
  world.Say(*client, "sub 1 x");
  std::vector<std::string> channels = {"x", "y"};
  EXPECT_EQ(world.shard().KickOut({.space = "chat"}, channels, "bye", world.now).enqueued, 1);
  EXPECT_THAT(client->socket.Take(), ElementsAre("kicked x bye"));
}

TEST(Exchange, KeepsABoundedBacklogForEachSubscriber) {
  fakes::ManualExecutor home;
  Exchange exchange({.subscribers_max = 1, .backlog_max = 2}, home);
  EXPECT_FALSE(exchange.wanted());
  int ready = 0;
  auto id = exchange.Subscribe("chat", {"x"}, [&] { ++ready; });
  ASSERT_TRUE(id.ok());
  EXPECT_TRUE(exchange.wanted());
  EXPECT_FALSE(exchange.Subscribe("chat", {"x"}, [] {}).ok());
  for (const char* channel : {"x", "y", "x", "x"}) {
    exchange.OnPublication({"chat", channel, Payload::Text(channel), "", ""});
  }
  home.RunAll(absl::UnixEpoch());
  EXPECT_EQ(ready, 1);
  Exchange::Batch batch = exchange.Take(*id, 1);
  EXPECT_EQ(batch.publications.size(), 1);
  EXPECT_EQ(batch.lost, 1);
  EXPECT_EQ(batch.backlog, 1);
  exchange.Unsubscribe(*id);
  EXPECT_FALSE(exchange.wanted());
}

// --- Members -------------------------------------------------------------------------------------

TEST(Members, SeeEachOtherComeAndGo) {
  HubWorld world(2);
  world.dialect.roster = true;
  auto a = world.Connect("chat", "a", 0);
  EXPECT_THAT(a->socket.Take(), ElementsAre("members a <a>"));
  auto b = world.Connect("chat", "b", 1);
  EXPECT_THAT(b->socket.Take(), ElementsAre("members b <a><b>"));
  EXPECT_THAT(a->socket.Take(), ElementsAre("came <b>"));
  world.Vanish(*a);
  EXPECT_THAT(b->socket.Take(), ElementsAre("left <a>"));
}

TEST(Members, ExpireUnlessTheyRenew) {
  HubWorld world;
  world.dialect.roster = true;
  world.dialect.rule = {absl::Seconds(30), absl::ZeroDuration(), true, absl::Seconds(60),
                        "\x81\x01p"};
  auto a = world.Connect("chat", "a");
  auto b = world.Connect("chat", "b");
  for (int i = 0; i < 3; ++i) {
    world.Pass(absl::Seconds(25));
    world.Say(*a, "renew -");
  }
  EXPECT_THAT(b->socket.Take(), ElementsAre("members b <a><b>", "p", "expired"));
  EXPECT_EQ(b->socket.closed()->code, 4406);
  EXPECT_FALSE(a->socket.closed());
}

TEST(Members, TakeAnIdOverWithoutAFlap) {
  ShardOptions options;
  options.id_policy = storage::ClaimPolicy::kTakeover;
  HubWorld world(2, options);
  world.dialect.roster = true;
  auto watcher = world.Connect("chat", "w", 0);
  auto older = world.Connect("chat", "same", 0);
  watcher->socket.Take();
  auto newer = world.Connect("chat", "same", 1);
  world.Vanish(*older);
  EXPECT_THAT(watcher->socket.Take(), IsEmpty());
  EXPECT_THAT(newer->socket.Take(), ElementsAre("members same <same><w>"));
}

// --- The rest ------------------------------------------------------------------------------------

TEST(Raw, MessagesGoToTheirWorker) {
  HubWorld world;
  auto worker = world.ServeRole("chat", Role::kRaw);
  auto client = world.Connect("chat", "a");
  EXPECT_THAT(world.Say(*client, "raw - hello"), IsEmpty());
  ASSERT_EQ(worker->invoked.size(), 1);
  EXPECT_EQ(worker->invoked[0].params, Payload::Text("hello"));
  world.Reply(*worker, Payload::None());
  EXPECT_THAT(client->socket.Take(), IsEmpty());
}

TEST(Send, ClosesBehindTheMessage) {
  HubWorld world;
  auto client = world.Connect("chat", "a");
  Message message("e", Payload::Json("1"), world.encodings);
  world.shard().Send({.space = "chat"}, message, CloseFrame{4200, "bye"}, world.now);
  EXPECT_THAT(client->socket.Take(), ElementsAre("event e 1"));
  EXPECT_EQ(client->socket.closed(), (CloseFrame{4200, "bye"}));
}

}  // namespace
}  // namespace sluice::hub
