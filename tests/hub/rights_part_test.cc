// SPDX-License-Identifier: Apache-2.0
//
// What becomes of memberships, by the rule of the namespace, by how they came and by what the
// session has become.
#include "gateway/hub/rights.h"

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "gateway/hub/directory.h"
#include "gateway/hub/event_log.h"
#include "gateway/hub/guards.h"
#include "gateway/hub/session.h"
#include "tests/fakes/shard_parts.h"

namespace sluice::hub {
namespace {

using fakes::FakeSocket;
using fakes::FakeWorker;
using fakes::ShardParts;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;
using Type = ConnectionEvent::Type;

ShardOptions With(OnDeauthenticated rule) {
  ShardOptions options;
  options.policy.channels.on_deauthenticated = rule;
  options.policy.channels.per_connection = 4;
  return options;
}

// One session, in a channel for each way of coming into one.
struct World {
  explicit World(OnDeauthenticated rule = OnDeauthenticated::kLeave) : parts(With(rule)) {
    for (const auto& [name, entry] : Ways()) Directory::Join(session, name, entry);
    session.who.authenticated = true;
  }
  static std::vector<std::pair<std::string, Entry>> Ways() {
    return {{"stranger", Entry::kStranger},
            {"user", Entry::kUser},
            {"accepted", Entry::kAccepted},
            {"backend", Entry::kBackend}};
  }
  void Guard() { guard = parts.OfferGuard("chat", GuardAction::kSubscribe); }
  void Become(Change change) {
    session.who.authenticated = change != Change::kNobody;
    parts.rights.Rejudge(session, change, parts.now);
  }
  std::vector<std::string> Where() const {
    std::vector<std::string> names;
    for (const Membership& m : session.places.channels) names.push_back(m.group->name);
    std::sort(names.begin(), names.end());
    return names;
  }
  // About what the guard will be asked, and whether it is out meanwhile.
  std::vector<std::string> Rechecks() const {
    std::vector<std::string> names;
    for (const Recheck& recheck : session.places.rechecks) {
      names.push_back(recheck.channel + (recheck.inside ? "" : " (out)"));
    }
    return names;
  }
  std::vector<std::string> Heard() { return socket.Take(); }

  ShardParts parts;
  std::shared_ptr<FakeWorker> guard;
  Session& session = parts.Open("chat", "a", "ann");
  FakeSocket& socket = ShardParts::SocketOf(session);
};

TEST(RightsPart, WithoutAGuardOnlyWhatCameWithTheLoginGoesWithIt) {
  World world;
  world.Become(Change::kSameUser);
  EXPECT_EQ(world.Where().size(), 4);
  world.Become(Change::kNobody);
  EXPECT_THAT(world.Where(), ElementsAre("backend", "stranger", "user"));
  EXPECT_EQ(world.parts.probe.rights_ended.value(), 1);
  EXPECT_THAT(world.Heard(), IsEmpty()) << "it came without a word, and goes without one";
}

TEST(RightsPart, LeaveLetsWhatTheGuardGaveAUserGo) {
  World world;
  world.Guard();
  world.Become(Change::kNobody);
  EXPECT_THAT(world.Where(), ElementsAre("backend", "stranger"));
  EXPECT_THAT(world.Rechecks(), IsEmpty());
  EXPECT_THAT(world.Heard(), ElementsAre("kicked user no longer allowed"));
}

TEST(RightsPart, LeaveAsksAboutWhoIsSomebodyElseAndItIsOutMeanwhile) {
  World world;
  world.Guard();
  world.Become(Change::kOtherUser);
  EXPECT_THAT(world.Where(), ElementsAre("backend", "stranger"));
  EXPECT_THAT(world.Rechecks(), ElementsAre("user (out)"));
  EXPECT_EQ(world.session.space->rechecked.count(&world.session), 1);
}

TEST(RightsPart, RecheckAsksAboutAllThatTheGuardDecides) {
  World world(OnDeauthenticated::kRecheck);
  world.Guard();
  world.Become(Change::kSameUser);
  EXPECT_EQ(world.Where().size(), 4) << "the same user stays inside meanwhile";
  EXPECT_THAT(world.Rechecks(), UnorderedElementsAre("stranger", "user"));
  world.Become(Change::kNobody);
  EXPECT_THAT(world.Where(), ElementsAre("backend"));
  EXPECT_THAT(world.Rechecks(), UnorderedElementsAre("stranger (out)", "user (out)"));
}

TEST(RightsPart, KeepJudgesNothing) {
  World world(OnDeauthenticated::kKeep);
  world.Guard();
  world.parts.OfferEvent("chat", "user", /*is_protected=*/true);
  world.Become(Change::kNobody);
  EXPECT_EQ(world.Where().size(), 4);
}

TEST(RightsPart, AProtectedEventIsForThoseWhoAreSomebody) {
  World world;
  for (const char* name : {"stranger", "user", "backend"}) {
    world.parts.OfferEvent("chat", name, /*is_protected=*/true);
  }
  world.Become(Change::kOtherUser);
  EXPECT_THAT(world.Where(), ElementsAre("backend", "stranger", "user"));
  world.Become(Change::kNobody);
  EXPECT_THAT(world.Where(), IsEmpty());
}

TEST(RightsPart, WhateverIsBeingDecidedWasAboutSomebodyElse) {
  World world;
  world.session.inbox.commands.push_back({Command{}, Key{}, /*decided=*/2});
  const uint32_t before = world.session.who.version;
  world.Become(Change::kSameUser);
  EXPECT_EQ(world.session.who.version, before + 1);
  EXPECT_EQ(world.session.inbox.commands.front().decided, 0);
}

TEST(RightsPart, CallsThatWaitAndAreProtectedFailForNobody) {
  World world;
  Offer offer;
  offer.method = "m";
  offer.is_protected = true;
  world.parts.Offer("chat", std::move(offer), /*credit=*/0);
  world.parts.invoker.Begin(world.session, *world.session.space->offers.Find(Role::kMethod, "m"),
                            {}, absl::Seconds(5), world.parts.now);
  world.Become(Change::kOtherUser);
  EXPECT_THAT(world.parts.results.results, IsEmpty());
  world.Become(Change::kNobody);
  ASSERT_EQ(world.parts.results.results.size(), 1);
  EXPECT_EQ(std::get<CallError>(world.parts.results.results[0]).fault, Fault::kMethodForbidden);
}

// --- Asking again --------------------------------------------------------------------------------

TEST(RightsPart, TheGuardSaysWhoComesBack) {
  World world(OnDeauthenticated::kRecheck);
  world.Guard();
  world.Become(Change::kOtherUser);
  const std::vector<std::string> asked = {world.session.places.rechecks.front().channel,
                                          world.session.places.rechecks.back().channel};
  world.parts.Events();
  ASSERT_TRUE(world.parts.rights.AskAgain(world.session, world.parts.now));
  EXPECT_EQ(world.guard->invoked.back().method, asked[0]);
  world.parts.rights.OnVerdict(world.session, {}, world.parts.now);
  EXPECT_TRUE(IsMember(world.session, asked[0]));
  EXPECT_THAT(world.parts.Events(), IsEmpty()) << "for everybody else it had never left";
  ASSERT_TRUE(world.parts.rights.AskAgain(world.session, world.parts.now));
  world.parts.rights.OnVerdict(world.session, {.state = Decision::kBlocked}, world.parts.now);
  EXPECT_FALSE(IsMember(world.session, asked[1]));
  const auto events = world.parts.Events();
  ASSERT_EQ(events.size(), 1);
  EXPECT_EQ(events[0].type, Type::kLeft);
  EXPECT_EQ(events[0].extras().reason, "no longer allowed");
  EXPECT_THAT(world.session.space->rechecked, IsEmpty());
}

TEST(RightsPart, WhoComesBackFindsItsPlaceTakenAtTheBound) {
  World world;
  world.session.places.rechecks.push_back({"late", Entry::kUser, /*inside=*/false});
  world.parts.rights.OnVerdict(world.session, {}, world.parts.now);
  EXPECT_FALSE(IsMember(world.session, "late"));
  EXPECT_THAT(world.Heard(), ElementsAre("kicked late no longer allowed"));
}

TEST(RightsPart, WithoutAGuardByNowNothingIsAsked) {
  World world;
  Directory::Leave(world.session, "user");
  world.session.places.rechecks.push_back({"user", Entry::kUser, /*inside=*/false});
  EXPECT_FALSE(world.parts.rights.AskAgain(world.session, world.parts.now));
  EXPECT_TRUE(IsMember(world.session, "user"));
  EXPECT_THAT(world.Rechecks(), IsEmpty());
}

TEST(RightsPart, WhatItHasLeftMeanwhileIsNotAskedAbout) {
  World world;
  auto& rechecks = world.session.places.rechecks;
  rechecks = {{"x", Entry::kUser, false}, {"y", Entry::kUser, false}, {"z", Entry::kUser, true}};
  EXPECT_FALSE(Rights::ForgetRecheck(world.session, "other"));
  EXPECT_FALSE(Rights::ForgetRecheck(world.session, "z")) << "it was inside";
  EXPECT_TRUE(Rights::ForgetRecheck(world.session, "y"));
  EXPECT_TRUE(Rights::ForgetRecheck(world.session, "x"));
  ASSERT_EQ(rechecks.size(), 1) << "the first may be being decided, and keeps its place";
  world.parts.rights.OnVerdict(world.session, {}, world.parts.now);
  EXPECT_FALSE(IsMember(world.session, "x"));
  EXPECT_THAT(rechecks, IsEmpty());
}

// --- Others --------------------------------------------------------------------------------------

TEST(RightsPart, AnHeirOfTheSameUserComesIntoEverything) {
  World world;
  world.Guard();
  Session& heir = world.parts.Open("chat", "b", "ann");
  heir.who.authenticated = true;
  Estate estate{.owed = true, .authenticated = true, .user = "ann", .frame = {}, .places = {}};
  for (const auto& [name, entry] : World::Ways()) estate.places.push_back({name, entry});
  world.parts.rights.Inherit(heir, estate, world.parts.now);
  EXPECT_EQ(heir.places.channels.size(), 4);
  EXPECT_THAT(world.parts.Events(), IsEmpty());
}

TEST(RightsPart, AnotherHeirComesIntoWhatAnybodyCouldHave) {
  World world;
  world.Guard();
  Session& heir = world.parts.Open("chat", "b", "bob");
  Estate estate{.owed = true, .authenticated = true, .user = "ann", .frame = {}, .places = {}};
  for (const auto& [name, entry] : World::Ways()) estate.places.push_back({name, entry});
  world.parts.rights.Inherit(heir, estate, world.parts.now);
  EXPECT_THAT(heir.places.channels, IsEmpty());
  const auto events = world.parts.Events();
  ASSERT_EQ(events.size(), 1) << "what it left all at once is told at once";
  EXPECT_EQ(events[0].type, Type::kLeft);
}

TEST(RightsPart, StrangersLeaveAnEventThatBecomesProtected) {
  World world;
  Session& nobody = world.parts.Open("chat", "b");
  Session& placed = world.parts.Open("chat", "c");
  Directory::Join(nobody, "user", Entry::kStranger);
  Directory::Join(placed, "user", Entry::kBackend);
  world.parts.OfferEvent("*", "user", /*is_protected=*/true);
  world.parts.rights.ExpelStrangers({"*", {}, {{"user", true, 1}}}, world.parts.now);
  EXPECT_FALSE(IsMember(nobody, "user"));
  EXPECT_TRUE(IsMember(placed, "user")) << "that is a backend's business";
  EXPECT_TRUE(IsMember(world.session, "user")) << "it is somebody";
}

}  // namespace
}  // namespace sluice::hub
