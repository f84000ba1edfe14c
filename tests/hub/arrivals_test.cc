// SPDX-License-Identifier: Apache-2.0
//
// The steps of a session on its way in: what is asked, in which order, and what comes of it.
#include "gateway/hub/arrivals.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "gateway/hub/closer.h"
#include "gateway/hub/directory.h"
#include "gateway/hub/endpoints.h"
#include "gateway/hub/event_log.h"
#include "gateway/hub/guards.h"
#include "gateway/hub/session.h"
#include "tests/hub/way_in.h"

namespace sluice::hub {
namespace {

using fakes::FakeWorker;
using fakes::ShardParts;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::MatchesRegex;
using State = Session::State;
using Type = ConnectionEvent::Type;

struct ArrivalsTest : testing::Test, WayIn {
  std::shared_ptr<FakeWorker> OfferAdmission() {
    Offer offer;
    offer.role = Role::kAdmission;
    return parts.Offer("chat", std::move(offer));
  }
  void Allow(Session& session, GuardAction action) {
    arrivals.OnVerdict(session, action, {}, "", parts.now);
  }
  void Greet(Session& session, const std::string& token = "") {
    arrivals.OnGreeting(session, {"1"}, {Payload::Json("hi"), token}, parts.now);
  }
  // Why sessions were closed.
  std::vector<CloseCause> Causes() const {
    std::vector<CloseCause> causes;
    for (const auto& closed : parts.closer.closed) causes.push_back(closed.cause);
    return causes;
  }
};

TEST_F(ArrivalsTest, WhereNobodyIsAskedOnlyItsIdIsClaimed) {
  Session& session = Come("a");
  EXPECT_EQ(session.state, State::kArriving);
  EXPECT_THAT(ShardParts::SocketOf(session).agreed(), ElementsAre(""));
  PresenceAnswers();
  EXPECT_EQ(session.state, State::kOpen);
  EXPECT_EQ(session.arrival, nullptr);
  EXPECT_TRUE(session.who.claimed);
  EXPECT_TRUE(session.space->by_id.contains("a"));
  EXPECT_THAT(Told(), ElementsAre(Type::kOpened));
  EXPECT_EQ(parts.probe.connections[0].value(), 1);
  EXPECT_EQ(parts.probe.opened[0].value(), 1);
  EXPECT_THAT(parts.progress.went_on, ElementsAre("a"));
}

TEST_F(ArrivalsTest, WhoBringsNoIdGetsARandomOne) {
  Session& one = Come("");
  EXPECT_THAT(one.who.id, MatchesRegex("[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-"
                                       "[0-9a-f]{12}"));
  EXPECT_NE(Come("").who.id, one.who.id);
}

TEST_F(ArrivalsTest, EachStepWaitsForTheOneBefore) {
  parts.dialect.greeting_within = absl::Seconds(5);
  auto connect = parts.OfferGuard("chat", GuardAction::kConnect);
  auto handshake = parts.OfferGuard("chat", GuardAction::kHandshake);
  auto admission = OfferAdmission();
  Session& session = Come("a");
  EXPECT_EQ(connect->invoked.size(), 1);
  EXPECT_EQ(session.state, State::kArriving) << "nothing is read yet";
  Allow(session, GuardAction::kConnect);
  EXPECT_EQ(session.state, State::kGreeting);
  EXPECT_EQ(ShardParts::SocketOf(session).resumed(), 1);
  EXPECT_THAT(handshake->invoked, IsEmpty());
  Greet(session);
  EXPECT_EQ(session.state, State::kArriving);
  ASSERT_EQ(handshake->invoked.size(), 1);
  EXPECT_EQ(handshake->invoked[0].params.bytes, "hi");
  EXPECT_THAT(admission->invoked, IsEmpty());
  Allow(session, GuardAction::kHandshake);
  ASSERT_EQ(admission->invoked.size(), 1);
  EXPECT_EQ(admission->invoked[0].params.bytes, "hi");
  PresenceAnswers();
  EXPECT_FALSE(session.open());
  arrivals.OnAdmission(session, Accept{}, parts.now);
  PresenceAnswers();
  EXPECT_TRUE(session.open());
  EXPECT_THAT(Heard(session), ElementsAre("welcome 1 a  known"));
}

TEST_F(ArrivalsTest, WhoGreetsOnceMoreIsOnlyWelcomedAgain) {
  parts.dialect.greeting_within = absl::Seconds(5);
  Session& session = Come("a");
  Greet(session);
  Greet(session);  // it is being asked about
  PresenceAnswers();
  EXPECT_THAT(Heard(session), ElementsAre("welcome 1 a "));
  Greet(session);
  EXPECT_THAT(Heard(session), ElementsAre("welcome 1 a "));
  EXPECT_THAT(Told(), ElementsAre(Type::kOpened));
}

TEST_F(ArrivalsTest, WhatAGuardBlocksIsRefused) {
  parts.OfferGuard("chat", GuardAction::kConnect);
  Session& session = Come("a");
  arrivals.OnVerdict(session, GuardAction::kConnect,
                     {.state = Decision::kBlocked, .error = MakeError(Fault::kBlocked)}, "",
                     parts.now);
  EXPECT_THAT(Causes(), ElementsAre(CloseCause::kRejected));
  PresenceAnswers();
  EXPECT_FALSE(session.open());
}

TEST_F(ArrivalsTest, ATokenThatIsBlockedIsOnlyNotTaken) {
  parts.dialect.greeting_within = absl::Seconds(5);
  auto guard = parts.OfferGuard("chat", GuardAction::kAuthenticate);
  Session& session = Come("a");
  Greet(session, "good:ann");
  ASSERT_EQ(guard->invoked.size(), 1);
  arrivals.OnVerdict(session, GuardAction::kAuthenticate,
                     {.state = Decision::kBlocked, .error = MakeError(Fault::kBlocked)}, "",
                     parts.now);
  PresenceAnswers();
  EXPECT_TRUE(session.open());
  EXPECT_FALSE(session.who.authenticated);
  EXPECT_THAT(Heard(session), ElementsAre("welcome 1 a  flawed"));
}

TEST_F(ArrivalsTest, ATokenOfTheGreetingIsTakenOnceItIsOpen) {
  parts.dialect.greeting_within = absl::Seconds(5);
  Session& session = Come("a");
  Greet(session, "good:ann");
  EXPECT_FALSE(session.who.authenticated);
  PresenceAnswers();
  EXPECT_EQ(session.who.user, "ann");
  EXPECT_THAT(Told(), ElementsAre(Type::kOpened, Type::kUserChanged, Type::kAuthenticated));
  Session& other = Come("b");
  Greet(other, "bad");
  PresenceAnswers();
  EXPECT_THAT(Heard(other), ElementsAre("welcome 1 b  flawed", "untoken"));
  EXPECT_THAT(Told(), ElementsAre(Type::kBadToken, Type::kOpened));
}

TEST_F(ArrivalsTest, AdmissionSaysWhoItIsAndWhatItHearsFirst) {
  OfferAdmission();
  Session& session = Come("a");
  Accept accept;
  accept.id = "z";
  accept.user = "ann";
  accept.labels = {{"plan", "pro"}};
  accept.channels = {"vip"};
  accept.event = "hello";
  accept.payload = Payload::Json("1");
  arrivals.OnAdmission(session, accept, parts.now);
  PresenceAnswers();
  EXPECT_TRUE(session.space->by_id.contains("z"));
  EXPECT_TRUE(session.space->users.contains("ann"));
  EXPECT_EQ(session.who.labels.at("plan"), "pro");
  EXPECT_TRUE(IsMember(session, "vip"));
  EXPECT_THAT(Heard(session), ElementsAre("event hello 1"));
}

TEST_F(ArrivalsTest, WhoeverIsNotAdmittedIsRefusedAndSoIsWhoCannotBeAskedAbout) {
  auto worker = OfferAdmission();
  arrivals.OnAdmission(Come("a"), Reject{4001, "no"}, parts.now);
  arrivals.OnAdmission(Come("b"), MakeError(Fault::kApplication), parts.now);
  arrivals.OnAdmission(Come("c"), MakeError(Fault::kTimeout), parts.now);
  parts.methods.RemoveWorker(fakes::HubWorld::IdOf(worker), [](Endpoint&) {});
  Come("d");
  EXPECT_THAT(Causes(), ElementsAre(CloseCause::kRejected, CloseCause::kRejected,
                                    CloseCause::kAdmissionDown, CloseCause::kAdmissionDown));
  PresenceAnswers();
  EXPECT_THAT(Told(), IsEmpty());
}

TEST_F(ArrivalsTest, WhoeverIsFoundUnderItsIdHasLostIt) {
  parts.Open("chat", "a");  // presence knows nothing of it
  Session& session = Come("a");
  parts.closer.leaves = true;
  PresenceAnswers();
  ASSERT_EQ(parts.closer.closed.size(), 1);
  EXPECT_EQ(parts.closer.closed[0].cause, CloseCause::kReplaced);
  EXPECT_EQ(parts.closer.closed[0].going, Going::kLeaves);
  EXPECT_EQ(session.space->by_id.at("a"), &session);
}

TEST_F(ArrivalsTest, AnHeirIsToldOfAsOneThatTookOver) {
  Session& session = Come("a");
  Estate estate;
  estate.owed = true;
  estate.places = {{"news", Entry::kBackend}};
  arrivals.Enter(session, estate, parts.now);
  EXPECT_THAT(Told(), ElementsAre(Type::kTakenOver));
  EXPECT_EQ(parts.probe.takeovers.value(), 1);
  EXPECT_TRUE(IsMember(session, "news"));
}

TEST_F(ArrivalsTest, WhoIsTurnedAwayIsToldInItsDialectIfItGreeted) {
  parts.dialect.greeting_within = absl::Seconds(5);
  Session& session = Come("a");
  Greet(session);
  arrivals.TurnAway(session, CloseCause::kIdTaken, parts.now);
  EXPECT_THAT(Heard(session), ElementsAre("err 1 id_taken"));
  EXPECT_THAT(Causes(), ElementsAre(CloseCause::kIdTaken));
}

}  // namespace
}  // namespace sluice::hub
