// SPDX-License-Identifier: Apache-2.0
//
// The upgrade is answered once, before anything is said, and those who may choose a subprotocol
// were asked before that.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "gateway/hub/event_log.h"
#include "tests/fakes/hub_world.h"

namespace sluice::hub {
namespace {

using fakes::FakeClient;
using fakes::FakeWorker;
using fakes::HubWorld;
using testing::ElementsAre;
using testing::IsEmpty;

std::shared_ptr<FakeWorker> Guard(HubWorld& world, GuardAction action) {
  auto link = std::make_shared<FakeWorker>(100);
  auto offer = std::make_shared<Offer>();
  offer->worker = HubWorld::IdOf(link);
  offer->link = link;
  offer->role = Role::kGuard;
  offer->action = action;
  ContextSpec context;
  context.subprotocols = true;
  offer->context = std::make_shared<const ContextSpec>(context);
  world.Register({"chat", {offer}, {}});
  return link;
}

// A client that offers "a" and "b", of which its route has chosen `chosen`.
std::unique_ptr<FakeClient> Offering(HubWorld& world, std::string chosen = "",
                                     bool settled = false) {
  Upgrade upgrade{"/chat", "192.0.2.1:5", {}};
  upgrade.subprotocols =
      std::make_unique<Subprotocols>(Subprotocols{{"a", "b"}, std::move(chosen), settled});
  auto client = world.Arrive("chat", "", std::move(upgrade));
  world.Run();
  return client;
}

Verdict Choose(std::string name) { return {true, {}, false, {}, std::move(name)}; }

std::vector<std::string> Warnings(HubWorld& world) {
  std::vector<std::string> reasons;
  for (const ConnectionEvent& event : world.events.events) {
    if (event.type == ConnectionEvent::Type::kWarning) reasons.push_back(event.extras().reason);
  }
  return reasons;
}

TEST(Subprotocols, AreTheRoutesIfNobodyIsAsked) {
  HubWorld world;
  EXPECT_THAT(Offering(world)->socket.agreed(), ElementsAre(""));
  EXPECT_THAT(Offering(world, "b")->socket.agreed(), ElementsAre("b"));
  EXPECT_THAT(world.Connect("chat")->socket.agreed(), ElementsAre(""));
}

TEST(Subprotocols, MayBeChosenByTheConnectGuard) {
  HubWorld world;
  auto guard = Guard(world, GuardAction::kConnect);
  auto client = Offering(world, "a");
  EXPECT_THAT(client->socket.agreed(), IsEmpty());
  EXPECT_THAT(guard->invoked[0].context.offered, ElementsAre("a", "b"));
  EXPECT_EQ(guard->invoked[0].context.subprotocol, "a");
  world.Reply(*guard, Choose("b"));
  EXPECT_THAT(client->socket.agreed(), ElementsAre("b"));
  EXPECT_THAT(Warnings(world), IsEmpty());
}

TEST(Subprotocols, WaitForNobodyIfNoneIsOffered) {
  HubWorld world;
  auto guard = Guard(world, GuardAction::kConnect);
  auto client = world.Connect("chat");
  EXPECT_THAT(client->socket.agreed(), ElementsAre(""));
  world.Reply(*guard, Choose("b"));
  EXPECT_THAT(client->socket.agreed(), ElementsAre(""));
  EXPECT_THAT(Warnings(world), ElementsAre("a subprotocol was chosen too late"));
}

TEST(Subprotocols, MayBeChosenByAdmission) {
  HubWorld world;
  auto guard = Guard(world, GuardAction::kConnect);
  auto admission = world.ServeRole("chat", Role::kAdmission);
  auto client = Offering(world);
  world.Reply(*guard, Choose("a"));
  EXPECT_THAT(client->socket.agreed(), IsEmpty());
  Accept accept;
  accept.subprotocol = "b";
  world.Reply(*admission, accept);
  EXPECT_THAT(client->socket.agreed(), ElementsAre("b"));
}

TEST(Subprotocols, AreThoseThatWereOffered) {
  HubWorld world;
  auto guard = Guard(world, GuardAction::kConnect);
  auto client = Offering(world, "a");
  world.Reply(*guard, Choose("c"));
  EXPECT_THAT(client->socket.agreed(), ElementsAre("a"));
  EXPECT_THAT(Warnings(world), ElementsAre("a subprotocol was chosen, not offered"));
  EXPECT_EQ(world.probe().subprotocols_ignored.value(), 1);
}

TEST(Subprotocols, ThatChoseTheDialectStay) {
  HubWorld world;
  auto guard = Guard(world, GuardAction::kConnect);
  auto client = Offering(world, "a", true);
  world.Reply(*guard, Choose("b"));
  EXPECT_THAT(client->socket.agreed(), ElementsAre("a"));
  EXPECT_EQ(world.probe().subprotocols_ignored.value(), 1);
}

TEST(Subprotocols, AreAnsweredBeforeTheDialectsHandshake) {
  HubWorld world;
  world.dialect.greeting_within = absl::Seconds(5);
  auto admission = world.ServeRole("chat", Role::kAdmission);
  auto client = Offering(world, "a");
  EXPECT_THAT(client->socket.agreed(), ElementsAre("a"));
  world.Say(*client, "greet 1 {}");
  Accept accept;
  accept.subprotocol = "b";
  world.Reply(*admission, accept);
  EXPECT_THAT(client->socket.agreed(), ElementsAre("a"));
  EXPECT_THAT(Warnings(world), ElementsAre("a subprotocol was chosen too late"));
}

TEST(Subprotocols, AreAnsweredBeforeARefusal) {
  HubWorld world;
  auto guard = Guard(world, GuardAction::kConnect);
  auto client = Offering(world, "a");
  world.Reply(*guard, Verdict{false, {}, true, {}});
  ASSERT_TRUE(client->socket.closed());
  EXPECT_THAT(client->socket.agreed(), ElementsAre("a"));
  EXPECT_EQ(client->socket.agreed_before_close(), 1u);
}

TEST(Subprotocols, AreNotAnsweredToWhoHasLeft) {
  HubWorld world;
  auto guard = Guard(world, GuardAction::kConnect);
  auto client = Offering(world, "a");
  world.Vanish(*client);
  world.Reply(*guard, Choose("b"));
  EXPECT_THAT(client->socket.agreed(), IsEmpty());
}

}  // namespace
}  // namespace sluice::hub
