// SPDX-License-Identifier: Apache-2.0
//
// Rights end when authentication ends: what becomes of memberships when a session is nobody any
// more, or somebody else, or when its id is another connection's.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "gateway/hub/channels.h"
#include "gateway/hub/client_verbs.h"
#include "gateway/hub/event_log.h"
#include "gateway/hub/rights.h"
#include "gateway/hub/successions.h"
#include "gateway/hub/tokens.h"
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
using testing::UnorderedElementsAre;
using Type = ConnectionEvent::Type;

Verdict Allow() { return {true, {}, false, {}}; }
Verdict Block() { return {false, {}, true, {}}; }

// "vip" is protected, "room" and others are anybody's, if the guard says so.
struct World : HubWorld {
  explicit World(OnDeauthenticated rule = OnDeauthenticated::kLeave, size_t shards = 1,
                 storage::ClaimPolicy policy = storage::ClaimPolicy::kTakeover)
      : HubWorld(shards, Options(rule, policy)) {
    dialect.open = true;
    dialect.rule.interval = absl::ZeroDuration();
    Register({"chat", {}, {{"vip", true}, {"news", false}}});
  }
  static ShardOptions Options(OnDeauthenticated rule, storage::ClaimPolicy policy) {
    ShardOptions options;
    options.policy.channels.on_deauthenticated = rule;
    options.policy.arrival.id_policy = policy;
    return options;
  }
  void Guard() { guard = ServeGuard("chat", GuardAction::kSubscribe, 1000); }
  // As ann by a token, in "vip", and in "room" by the guard's leave.
  std::unique_ptr<FakeClient> Member(const std::string& id = "a", uint32_t index = 0) {
    auto client = Connect("chat", id, index);
    Say(*client, "auth 1 good:ann");
    Say(*client, "sub 2 vip,news,room");
    while (guard && !guard->invoked.empty()) Reply(*guard, Allow());
    client->socket.Take();
    return client;
  }
  std::vector<std::string> Channels(const std::string& id = "a", size_t index = 0) {
    auto views = shard(index).views().List({.space = "chat", .connections = {id}}, "", 1);
    return views.empty() ? std::vector<std::string>() : views[0].channels;
  }
  void Nobody() { shard().clients().Update({.space = "chat"}, "", {}, now), Run(); }
  void Be(const std::string& user) {
    shard().clients().Update({.space = "chat"}, user, {}, now), Run();
  }
  std::vector<std::pair<Type, std::string>> Happened() {
    std::vector<std::pair<Type, std::string>> all;
    for (const ConnectionEvent& event : events.events) {
      if (event.extras().channels.empty()) all.emplace_back(event.type, event.channel);
      for (const std::string& channel : event.extras().channels)
        all.emplace_back(event.type, channel);
    }
    events.events.clear();
    return all;
  }
  std::shared_ptr<FakeWorker> guard;
};

// --- Authentication ends -------------------------------------------------------------------------

TEST(Rights, EndWithTheUserAndTheClientIsTold) {
  World world;
  world.Guard();
  auto client = world.Member();
  world.Happened();
  world.Nobody();
  EXPECT_THAT(client->socket.Take(),
              ElementsAre("untoken", "kicked vip no longer allowed",
                          "kicked news no longer allowed", "kicked room no longer allowed"));
  EXPECT_THAT(world.Channels(), IsEmpty());
  using Event = std::pair<Type, std::string>;
  EXPECT_THAT(world.Happened(),
              ElementsAre(Event{Type::kUserChanged, ""}, Event{Type::kDeauthenticated, ""},
                          Event{Type::kLeft, "vip"}, Event{Type::kLeft, "news"},
                          Event{Type::kLeft, "room"}));
  EXPECT_EQ(world.probe().rights_ended.value(), 3);
}

TEST(Rights, WithoutAGuardEndWhereAStrangerMayNotBe) {
  World world;
  auto client = world.Member();
  world.shard().clients().Deauthenticate({.space = "chat"}, world.now);
  EXPECT_THAT(client->socket.Take(), ElementsAre("untoken", "kicked vip no longer allowed"));
  EXPECT_THAT(world.Channels(), ElementsAre("news", "room"));
}

TEST(Rights, EndWhenTheClientGivesItsTokenUpOrShowsABadOne) {
  for (const char* words : {"deauth 9", "auth 9 bad"}) {
    World world;
    auto client = world.Member();
    world.Say(*client, words);
    EXPECT_THAT(world.Channels(), ElementsAre("news", "room")) << words;
  }
}

TEST(Rights, OfASilentClientEndWhenItsTokenExpires) {
  World world;
  world.Guard();
  auto client = world.Member();
  for (int i = 0; i < 4; ++i) world.Pass(absl::Minutes(14));
  EXPECT_THAT(world.Channels(), ElementsAre("news", "room", "vip"));
  world.Pass(absl::Minutes(4) + absl::Seconds(1));
  EXPECT_THAT(world.Channels(), IsEmpty());
  EXPECT_EQ(client->socket.Take().front(), "untoken");
  EXPECT_FALSE(world.shard().views().List({.space = "chat"}, "", 1)[0].authenticated);
}

TEST(Rights, EndSoonWhenTheWorldsClockIsSetPastTheExpiry) {
  World world;
  auto client = world.Member();
  world.now.date += absl::Hours(24);
  world.Pass(absl::Minutes(1) + absl::Seconds(1));
  EXPECT_THAT(world.Channels(), ElementsAre("news", "room"));
}

TEST(Rights, OfANewerTokenAreNotEndedByTheOlderOnesTime) {
  World world;
  auto client = world.Member();
  world.Pass(absl::Minutes(30));
  world.Say(*client, "auth 3 good:ann");
  world.Pass(absl::Minutes(45));
  EXPECT_THAT(world.Channels(), ElementsAre("news", "room", "vip"));
}

TEST(Rights, ThatAStrangerHasAsWellStay) {
  World world;
  world.Guard();
  auto client = world.Connect("chat", "a");
  world.Say(*client, "sub 1 room");
  world.Reply(*world.guard, Allow());
  world.Say(*client, "auth 2 good:ann");
  std::vector<std::string> given = {"backend"};
  world.shard().clients().Join({.space = "chat"}, given, world.now);
  world.Nobody();
  EXPECT_THAT(world.Channels(), ElementsAre("backend", "room"));
}

TEST(Rights, ThatCameWithALoginGoWithIt) {
  World world;
  auto login = world.ServeRole("chat", Role::kLogin);
  auto client = world.Connect("chat", "a");
  world.Say(*client, "login 1 x");
  world.Reply(
      *login,
      Accept{
          .id = {}, .user = "ann", .labels = {}, .channels = {"anns"}, .event = {}, .payload = {}});
  EXPECT_THAT(world.Channels(), ElementsAre("anns"));
  client->socket.Take();
  world.Nobody();
  EXPECT_THAT(world.Channels(), IsEmpty());
  EXPECT_THAT(client->socket.Take(), IsEmpty()) << "it had not asked for it";
}

TEST(Rights, AreKeptIfThatIsTheRule) {
  World world(OnDeauthenticated::kKeep);
  world.Guard();
  auto client = world.Member();
  world.Nobody();
  EXPECT_THAT(client->socket.Take(), ElementsAre("untoken"));
  EXPECT_THAT(world.Channels(), ElementsAre("news", "room", "vip"));
}

TEST(Rights, OfCallsThatWaitEndAsWell) {
  World world;
  auto worker = std::make_shared<FakeWorker>(0);
  auto offer = std::make_shared<hub::Offer>();
  offer->worker = HubWorld::IdOf(worker);
  offer->link = worker;
  offer->method = "secret";
  offer->is_protected = true;
  world.Register({"chat", {offer}, {}});
  auto client = world.Member();
  world.Say(*client, "call 3 secret x");
  world.Nobody();
  EXPECT_THAT(client->socket.Take(),
              ElementsAre("untoken", "kicked vip no longer allowed", "err 3 method_forbidden"));
  worker->AddCredit(1);
  world.shard().workers().OnCredit(world.now);
  EXPECT_THAT(worker->invoked, IsEmpty());
}

// --- Asked again ---------------------------------------------------------------------------------

TEST(Rechecks, LetTheGuardDecideAboutAStranger) {
  World world(OnDeauthenticated::kRecheck);
  world.Guard();
  auto client = world.Member();
  world.Happened();
  world.Nobody();
  EXPECT_THAT(client->socket.Take(), ElementsAre("untoken", "kicked vip no longer allowed"));
  EXPECT_THAT(world.Channels(), IsEmpty()) << "out while the guard is asked";
  EXPECT_EQ(world.guard->invoked[0].method, "news");
  EXPECT_EQ(world.guard->invoked[0].context.user, "");
  world.Reply(*world.guard, Allow());
  world.Reply(*world.guard, Block());
  EXPECT_THAT(client->socket.Take(), ElementsAre("kicked room no longer allowed"));
  EXPECT_THAT(world.Channels(), ElementsAre("news"));
  using Event = std::pair<Type, std::string>;
  EXPECT_THAT(world.Happened(),
              ElementsAre(Event{Type::kUserChanged, ""}, Event{Type::kDeauthenticated, ""},
                          Event{Type::kLeft, "vip"}, Event{Type::kLeft, "room"}));
}

TEST(Rechecks, AreMadeOfWhoIsSomebodyElse) {
  World world;
  world.Guard();
  auto client = world.Member();
  world.Be("bob");
  EXPECT_THAT(world.Channels(), IsEmpty()) << "out while the guard is asked";
  EXPECT_EQ(world.guard->invoked[0].context.user, "bob");
  world.Reply(*world.guard, Allow());
  world.Reply(*world.guard, Block());
  world.Reply(*world.guard, Allow());
  EXPECT_THAT(world.Channels(), ElementsAre("room", "vip"));
  EXPECT_THAT(client->socket.Take(), ElementsAre("untoken", "kicked news no longer allowed"));
}

TEST(Rechecks, AreNotMadeOfTheSameUserUnlessThatIsTheRule) {
  World leave;
  leave.Guard();
  auto client = leave.Member();
  leave.Say(*client, "auth 3 good:ann");
  EXPECT_THAT(leave.guard->invoked, IsEmpty());

  World recheck(OnDeauthenticated::kRecheck);
  recheck.Guard();
  auto other = recheck.Member();
  recheck.Say(*other, "auth 3 good:ann");
  EXPECT_THAT(recheck.Channels(), ElementsAre("news", "room", "vip")) << "in meanwhile";
  for (int i = 0; i < 3; ++i) recheck.Reply(*recheck.guard, Block());
  EXPECT_THAT(recheck.Channels(), IsEmpty());
}

TEST(Rechecks, GoBeforeWhateverTheClientSaysNext) {
  World world;
  world.Guard();
  auto client = world.Member();
  world.Be("bob");
  EXPECT_THAT(world.Say(*client, "list 9"), ElementsAre("untoken"));
  EXPECT_FALSE(world.shard().Reading(client->key));
  world.Reply(*world.guard, Allow());
  world.Reply(*world.guard, Block());
  world.Reply(*world.guard, Block());
  EXPECT_THAT(client->socket.Take(), ElementsAre("kicked news no longer allowed",
                                                 "kicked room no longer allowed", "methods 9 "));
  EXPECT_TRUE(world.shard().Reading(client->key));
}

TEST(Rechecks, ThatNobodyAnswersEndTheRight) {
  World world;
  world.Guard();
  auto client = world.Member();
  world.Be("bob");
  world.Pass(absl::Seconds(16));
  EXPECT_THAT(world.Channels(), IsEmpty());
}

TEST(Rechecks, AreForgottenWhenTheBackendTakesItOutOrPutsItIn) {
  World world;
  world.Guard();
  auto client = world.Member();
  world.Be("bob");
  world.Happened();
  std::vector<std::string> news = {"news"};
  std::vector<std::string> room = {"room"};
  EXPECT_EQ(world.shard().clients().Leave({.space = "chat"}, news, world.now).enqueued, 1);
  EXPECT_EQ(world.shard().clients().Join({.space = "chat"}, room, world.now).enqueued, 1);
  world.Reply(*world.guard, Allow());
  EXPECT_THAT(world.guard->invoked, IsEmpty());
  EXPECT_THAT(world.Channels(), ElementsAre("room", "vip"));
  using Event = std::pair<Type, std::string>;
  EXPECT_THAT(world.Happened(), ElementsAre(Event{Type::kLeft, "news"}));
}

// What a backend takes a client out of, it stays out of, whatever a guard says later.
TEST(Rechecks, DoNotUndoAKickOut) {
  World world;
  world.Guard();
  auto client = world.Member();
  world.Be("bob");
  client->socket.Take();
  world.Happened();
  std::vector<std::string> both = {"news", "room"};  // one is being decided, the other waits
  EXPECT_EQ(world.shard().clients().KickOut({.space = "chat"}, both, "enough", world.now).enqueued,
            1);
  EXPECT_THAT(client->socket.Take(), ElementsAre("kicked news enough", "kicked room enough"));
  while (!world.guard->invoked.empty()) world.Reply(*world.guard, Allow());
  EXPECT_THAT(world.Channels(), ElementsAre("vip"));
  using Event = std::pair<Type, std::string>;
  EXPECT_THAT(world.Happened(),
              ElementsAre(Event{Type::kLeft, "news"}, Event{Type::kLeft, "room"}));
}

TEST(Rechecks, AreFoundByTheChannelTheyAreAbout) {
  World world;
  world.Guard();
  auto client = world.Member();
  world.Be("bob");
  std::vector<std::string> news = {"news"};
  std::vector<std::string> room = {"room"};
  EXPECT_EQ(world.shard().views().Count({.space = "chat", .channels = news}), 0)
      << "it hears nothing";
  EXPECT_EQ(world.shard()
                .clients()
                .KickOut({.space = "chat", .channels = news}, news, "", world.now)
                .enqueued,
            1);
  EXPECT_EQ(world.shard()
                .clients()
                .Leave({.space = "chat", .users = {"bob"}, .channels = room}, room, world.now)
                .enqueued,
            1);
  while (!world.guard->invoked.empty()) world.Reply(*world.guard, Allow());
  EXPECT_THAT(world.Channels(), ElementsAre("vip"));
  EXPECT_EQ(world.shard()
                .clients()
                .KickOut({.space = "chat", .channels = news}, news, "", world.now)
                .matched,
            0);
}

TEST(Rechecks, OfOneWhoLeavesMeanwhileTellThatItLeftThoseToo) {
  World world;
  world.Guard();
  auto client = world.Member();
  world.Be("bob");
  world.Happened();
  world.Vanish(*client);
  using Event = std::pair<Type, std::string>;
  EXPECT_THAT(world.Happened(),
              ElementsAre(Event{Type::kClosed, ""}, Event{Type::kLeft, "vip"},
                          Event{Type::kLeft, "news"}, Event{Type::kLeft, "room"}));
}

TEST(Verdicts, AboutSomebodyElseAreAskedForAgain) {
  World world;
  world.Guard();
  auto client = world.Connect("chat", "a");
  world.Say(*client, "auth 1 good:ann");
  world.Say(*client, "sub 2 room");
  world.Nobody();
  world.Reply(*world.guard, Allow());
  EXPECT_THAT(world.Channels(), IsEmpty()) << "it was ann whom the guard allowed";
  ASSERT_EQ(world.guard->invoked.size(), 1);
  EXPECT_EQ(world.guard->invoked[0].context.user, "");
  world.Reply(*world.guard, Block());
  EXPECT_THAT(world.Channels(), IsEmpty());
}

TEST(Verdicts, AboutAPublicationComeTooLateForWhoHasLeft) {
  World world;
  auto out = world.ServeGuard("chat", GuardAction::kPublishOut);
  auto client = world.Member();
  auto message = std::make_shared<const Message>("vip", Payload::Json("1"), world.encodings, true);
  world.shard().Deliver({"chat", message}, world.now);
  world.Nobody();
  client->socket.Take();
  world.Reply(*out, Allow());
  EXPECT_THAT(client->socket.Take(), IsEmpty());
}

// --- Who it is -----------------------------------------------------------------------------------

TEST(Users, OfAnEarlierTokenAreNotKept) {
  World world;
  auto client = world.Member();
  world.Say(*client, "auth 3 good:");
  EXPECT_EQ(world.shard().views().List({.space = "chat"}, "", 1)[0].user, "");
  EXPECT_TRUE(world.shard().views().List({.space = "chat"}, "", 1)[0].authenticated);
  world.Say(*client, "auth 4 good:ann");
  Token token = *world.tokens.Sign("", world.now.date);
  world.shard().clients().SetToken({.space = "chat"}, token, {0, {}, nullptr}, world.now);
  EXPECT_EQ(world.shard().views().Count({.space = "chat", .users = {"ann"}}), 0);
}

TEST(Users, ThatABackendNamesEndTheTokenOfAnother) {
  World world;
  auto client = world.Member();
  world.Be("bob");
  EXPECT_THAT(client->socket.Take(), ElementsAre("untoken"));
  for (int i = 0; i < 5; ++i) world.Pass(absl::Minutes(14));
  EXPECT_EQ(world.shard().views().Count({.space = "chat", .users = {"bob"}}), 1)
      << "it does not end with ann's token";
}

TEST(Users, ThatAdmissionNamedStayWithATokenThatNamesNobody) {
  World world;
  world.dialect.greeting_within = absl::Seconds(10);
  auto admission = world.ServeRole("chat", Role::kAdmission);
  auto client = world.Arrive("chat", "a");
  world.Say(*client, "greet 1 x good:");
  world.Reply(
      *admission,
      Accept{.id = {}, .user = "ann", .labels = {}, .channels = {}, .event = {}, .payload = {}});
  EXPECT_EQ(world.shard().views().List({.space = "chat"}, "", 1)[0].user, "ann");
}

// --- Takeover ------------------------------------------------------------------------------------

TEST(Heirs, WhoAreStrangersInheritNothingThatNeededARight) {
  World world(OnDeauthenticated::kLeave, 2);
  auto older = world.Member("a", 0);
  std::vector<std::string> given = {"backend"};
  world.shard().clients().Join({.space = "chat"}, given, world.now);
  world.Run();
  world.Happened();
  auto newer = world.Connect("chat", "a", 1);
  EXPECT_TRUE(older->socket.closed());
  EXPECT_THAT(world.Channels("a", 1), ElementsAre("news", "room"));
  using Event = std::pair<Type, std::string>;
  EXPECT_THAT(world.Happened(), ElementsAre(Event{Type::kTakenOver, ""}, Event{Type::kLeft, "vip"},
                                            Event{Type::kLeft, "backend"}));
}

TEST(Heirs, WhoAreStrangersInheritNothingThatAGuardDecidedAbout) {
  World world;
  world.Guard();
  auto older = world.Member();
  auto newer = world.Connect("chat", "a");
  EXPECT_THAT(world.Channels(), IsEmpty());
  EXPECT_THAT(world.guard->invoked, IsEmpty());
}

TEST(Heirs, WhoAreStrangersInheritNothingThoughRightsAreKept) {
  World world(OnDeauthenticated::kKeep);
  world.Guard();
  auto older = world.Member();
  auto newer = world.Connect("chat", "a");
  EXPECT_THAT(world.Channels(), IsEmpty());
}

TEST(Heirs, AreAskedAboutIfThatIsTheRule) {
  World world(OnDeauthenticated::kRecheck);
  world.Guard();
  auto older = world.Member();
  auto newer = world.Connect("chat", "a");
  EXPECT_THAT(world.Channels(), IsEmpty());
  world.Reply(*world.guard, Allow());
  world.Reply(*world.guard, Block());
  EXPECT_THAT(world.Channels(), ElementsAre("news"));
}

TEST(Heirs, OfTheSameUserInheritEverything) {
  World world(OnDeauthenticated::kLeave, 2, storage::ClaimPolicy::kSameUser);
  world.Guard();
  auto admission = world.ServeRole("chat", Role::kAdmission);
  Accept ann{.id = {}, .user = "ann", .labels = {}, .channels = {}, .event = {}, .payload = {}};
  auto older = world.Arrive("chat", "a", 0);
  world.Run();
  world.Reply(*admission, ann);
  world.Say(*older, "sub 2 vip,room");
  while (!world.guard->invoked.empty()) world.Reply(*world.guard, Allow());
  std::vector<std::string> given = {"backend"};
  world.shard().clients().Join({.space = "chat"}, given, world.now);
  auto newer = world.Arrive("chat", "a", 1);
  world.Run();
  world.Reply(*admission, ann);
  EXPECT_THAT(world.Channels("a", 1), ElementsAre("backend", "room", "vip"));
}

// --- Events that become protected ----------------------------------------------------------------

TEST(Events, ThatBecomeProtectedAreLeftByStrangers) {
  for (const char* space : {"chat", "*"}) {
    World world;
    auto stranger = world.Connect("chat", "a");
    auto ann = world.Connect("chat", "b");
    world.Say(*ann, "auth 1 good:ann");
    for (auto* client : {&stranger, &ann}) world.Say(**client, "sub 1 news");
    world.Register({space, {}, {{"news", true, 7, "other"}}});
    EXPECT_THAT(stranger->socket.Take(), ElementsAre("kicked news no longer allowed"));
    EXPECT_THAT(ann->socket.Take(), IsEmpty());
    EXPECT_EQ(world.shard().views().Count({.space = "chat", .channels = {"news"}}), 1);
  }
}

}  // namespace
}  // namespace sluice::hub
