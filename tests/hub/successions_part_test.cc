// SPDX-License-Identifier: Apache-2.0
//
// An id from one session to the next, step by step, with presence's answers when the test says so.
#include "gateway/hub/successions.h"

#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "gateway/hub/closer.h"
#include "gateway/hub/directory.h"
#include "gateway/hub/event_log.h"
#include "gateway/hub/session.h"
#include "tests/fakes/hub_world.h"
#include "tests/fakes/shard_parts.h"

namespace sluice::hub {
namespace {

using fakes::ShardParts;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;
using Type = ConnectionEvent::Type;

struct NotedHeirs final : Heirs {
  void Enter(Session& heir, Estate estate, Now) override {
    entered.emplace_back(heir.who.id, std::move(estate));
  }
  std::vector<std::pair<std::string, Estate>> entered;
};

// A store that is away.
struct AbsentPresence : storage::Presence {
  void TryClaim(storage::PresenceRecord, storage::ClaimPolicy, storage::Executor& home,
                Done<storage::Claim> done) override {
    home.Post(
        [done = std::move(done)](Now now) mutable { done(absl::UnavailableError("away"), now); });
  }
  void Keep(storage::PresenceRecord record, storage::ClaimPolicy policy) override {
    kept.emplace_back(record.key.id, policy);
  }
  void Update(storage::PresenceRecord) override {}
  void Release(const storage::PresenceKey&, const std::string&, uint64_t session) override {
    released.push_back(session);
  }
  void OnLost(storage::Executor&, Lost) override {}
  void OnBuried(storage::Executor&, Buried) override {}
  void List(const std::string&, const std::string&, size_t, storage::Executor&,
            Done<std::vector<storage::PresenceRecord>>) override {}
  void Count(const std::string&, storage::Executor&, Done<size_t>) override {}
  WatchId Watch(const std::string&, storage::Executor&, Watcher) override { return 0; }
  void Unwatch(WatchId) override {}
  storage::Health health() const override { return {}; }

  std::vector<std::pair<std::string, storage::ClaimPolicy>> kept;
  std::vector<uint64_t> released;
};

// One that does not know who has what.
struct ForgetfulPresence final : AbsentPresence {
  void TryClaim(storage::PresenceRecord, storage::ClaimPolicy, storage::Executor& home,
                Done<storage::Claim> done) override {
    home.Post([done = std::move(done)](Now now) mutable { done(storage::Claim(), now); });
  }
};

Estate Owed() {
  Estate estate;
  estate.owed = true;
  return estate;
}

ShardOptions Takeover() {
  ShardOptions options;
  options.policy.arrival.id_policy = storage::ClaimPolicy::kTakeover;
  return options;
}

struct SuccessionsPartTest : testing::Test {
  ShardParts parts{Takeover()};
  NotedHeirs heirs;
  Successions successions{
      parts.sessions, parts.neighbours, parts.records,  parts.conflicts, parts.newcomers, heirs,
      parts.closer,   parts.events,     parts.presence, parts.self,      parts.probe};
  Session& holder = parts.Open("chat", "a", "ann");
  Session& heir = parts.Arrive("chat", "a");

  // Presence knows the holder.
  void Hold() {
    parts.presence.TryClaim(parts.records.RecordOf(holder), storage::ClaimPolicy::kReject,
                            parts.self, [](auto, Now) {});
    Answer();
  }
  void Displace(const Session& who, const Session& by) {
    successions.Displace(parts.records.RecordOf(who), parts.neighbours.HeirOf(by.key), parts.now);
  }
  void Answer() { parts.self.RunAll(parts.now); }
  std::vector<Type> Told() {
    std::vector<Type> types;
    for (const ConnectionEvent& event : parts.Events()) types.push_back(event.type);
    return types;
  }
};

TEST_F(SuccessionsPartTest, AnIdThatNobodyHoldsIsEnteredWithNothing) {
  successions.Claim(heir);
  EXPECT_THAT(heirs.entered, IsEmpty()) << "presence answers later";
  Answer();
  ASSERT_EQ(heirs.entered.size(), 1);
  EXPECT_FALSE(heirs.entered[0].second.owed);
  EXPECT_THAT(parts.neighbours.displaced, IsEmpty());
}

TEST_F(SuccessionsPartTest, WhoTakesOverWaitsUntilTheHolderIsDisplaced) {
  Hold();
  successions.Claim(heir);
  Answer();
  EXPECT_THAT(parts.neighbours.displaced, ElementsAre(Pair(holder.key, heir.key)));
  EXPECT_THAT(heirs.entered, IsEmpty());
  successions.Inherit(heir.key, Owed(), parts.now);
  ASSERT_EQ(heirs.entered.size(), 1);
  EXPECT_TRUE(heirs.entered[0].second.owed);
}

TEST_F(SuccessionsPartTest, AHolderThatIsKeptIsAConflict) {
  parts.presence.TryClaim(parts.records.RecordOf(holder), storage::ClaimPolicy::kReject, parts.self,
                          [](auto, Now) {});
  Answer();
  ShardParts strict;               // by default the same user alone takes over
  strict.Arrive("chat", "other");  // else the newcomer would have the holder's key
  Session& newcomer = strict.Arrive("chat", "a");
  Successions others{
      strict.sessions, strict.neighbours, strict.records, strict.conflicts, strict.newcomers, heirs,
      strict.closer,   strict.events,     parts.presence, parts.self,       strict.probe};
  others.Claim(newcomer);
  Answer();
  EXPECT_THAT(strict.neighbours.probes, ElementsAre(Pair(holder.key, newcomer.key)));
  EXPECT_THAT(heirs.entered, IsEmpty());
}

TEST_F(SuccessionsPartTest, WhoHasLeftBeforeItsClaimIsAnsweredGivesTheIdBack) {
  successions.Claim(heir);
  heir.state = Session::State::kClosing;
  Answer();
  EXPECT_THAT(heirs.entered, IsEmpty());
  EXPECT_TRUE(parts.events.releases_any());
  EXPECT_EQ(parts.presence.held(), 1);
  EXPECT_THAT(Told(), IsEmpty()) << "it was not told of, and nor is this";
  EXPECT_EQ(parts.presence.held(), 0) << "given back once what was before is told";
}

TEST_F(SuccessionsPartTest, WhoIsDisplacedLeavesWhatItHas) {
  Directory::Join(holder, "news", Entry::kUser);
  holder.places.rechecks.push_back({"out", Entry::kUser, /*inside=*/false});
  holder.places.rechecks.push_back({"news", Entry::kUser, /*inside=*/true});
  holder.who.authenticated = true;
  parts.events.Emit(Type::kJoined, holder, parts.now, "news");
  Displace(holder, heir);
  ASSERT_EQ(parts.neighbours.inherited.size(), 1);
  const auto& [to, estate] = parts.neighbours.inherited[0];
  EXPECT_EQ(to, heir.key);
  EXPECT_TRUE(estate.owed);
  EXPECT_TRUE(estate.authenticated);
  EXPECT_EQ(estate.user, "ann");
  ASSERT_EQ(estate.places.size(), 2);
  EXPECT_EQ(estate.places[0].channel, "news");
  EXPECT_EQ(estate.places[1].channel, "out");
  ASSERT_EQ(parts.closer.closed.size(), 1);
  EXPECT_EQ(parts.closer.closed[0].cause, CloseCause::kReplaced);
  EXPECT_EQ(parts.closer.closed[0].going, Going::kDisplaced);
  EXPECT_EQ(parts.kept.events.size(), 1) << "what happened until then is handed over";
}

TEST_F(SuccessionsPartTest, WhoLeftByItselfLeavesNothing) {
  holder.state = Session::State::kClosing;
  Displace(holder, heir);
  ASSERT_EQ(parts.neighbours.inherited.size(), 1);
  EXPECT_FALSE(parts.neighbours.inherited[0].second.owed);
  EXPECT_THAT(parts.closer.closed, IsEmpty());
}

TEST_F(SuccessionsPartTest, WhatComesToOneThatWasDisplacedMeanwhileGoesToItsHeir) {
  Hold();
  successions.Claim(heir);
  Answer();
  Session& last = parts.Arrive("chat", "a");
  Displace(heir, last);
  ASSERT_EQ(parts.closer.closed.size(), 1);
  EXPECT_EQ(parts.closer.closed[0].going, Going::kLosesId);
  EXPECT_THAT(parts.neighbours.inherited, IsEmpty()) << "it waits for what is on its way";
  successions.Inherit(heir.key, Owed(), parts.now);
  ASSERT_EQ(parts.neighbours.inherited.size(), 1);
  EXPECT_EQ(parts.neighbours.inherited[0].first, last.key);
  EXPECT_TRUE(parts.neighbours.inherited[0].second.owed);
  EXPECT_THAT(heirs.entered, IsEmpty());
  EXPECT_EQ(parts.presence.held(), 0) << "a store that does not know of its heir is told";
}

// A store that has lost who took over lets another one take over from the same one.
TEST_F(SuccessionsPartTest, OfTwoHeirsTheFirstInheritsNothingAndTheSecondWhatComes) {
  Hold();
  successions.Claim(heir);
  Answer();
  Session& first = parts.Arrive("chat", "a");
  Session& second = parts.Arrive("chat", "a");
  Displace(heir, first);
  Displace(heir, second);
  ASSERT_EQ(parts.neighbours.inherited.size(), 1) << "nobody waits for ever";
  EXPECT_EQ(parts.neighbours.inherited[0].first, first.key);
  EXPECT_FALSE(parts.neighbours.inherited[0].second.owed);
  successions.Inherit(heir.key, Owed(), parts.now);
  ASSERT_EQ(parts.neighbours.inherited.size(), 2);
  EXPECT_EQ(parts.neighbours.inherited[1].first, second.key);
  EXPECT_TRUE(parts.neighbours.inherited[1].second.owed);
}

TEST_F(SuccessionsPartTest, IfTheHeirHasLeftTheOneBeforeItIsToldOfAsClosed) {
  Hold();
  successions.Claim(heir);
  Answer();
  heir.state = Session::State::kClosing;
  successions.Inherit(heir.key,
                      {.owed = true,
                       .authenticated = true,
                       .user = "ann",
                       .frame = {4321, "replaced"},
                       .places = {{"news", Entry::kUser}}},
                      parts.now);
  const auto events = parts.Events();
  ASSERT_EQ(events.size(), 2);
  EXPECT_EQ(events[0].type, Type::kClosed);
  EXPECT_EQ(events[0].connection, "a");
  EXPECT_EQ(events[0].user, "ann");
  EXPECT_EQ(events[0].code, 4321);
  EXPECT_EQ(events[1].type, Type::kLeft);
  EXPECT_EQ(events[1].channel, "news");
  EXPECT_EQ(parts.presence.held(), 0);
}

TEST_F(SuccessionsPartTest, IdsThatWereGivenUpHereAreFreeForWhoClaims) {
  Hold();
  parts.events.Release({"chat", "a"}, holder.key);
  successions.Claim(heir);
  Answer();
  EXPECT_THAT(parts.neighbours.displaced, IsEmpty());
  EXPECT_EQ(heirs.entered.size(), 1);
}

// --- A store that is away ------------------------------------------------------------------------

struct AwayTest : SuccessionsPartTest {
  explicit AwayTest(bool unclaimed = false) : away(With(unclaimed)) {
    successions.Claim(newcomer);
    away.self.RunAll(away.now);
  }
  static ShardOptions With(bool unclaimed) {
    ShardOptions options;
    options.policy.arrival.unclaimed = unclaimed;
    return options;
  }

  ShardParts away;
  AbsentPresence presence;
  Session& newcomer = away.Arrive("chat", "a");
  Successions successions{away.sessions,  away.neighbours, away.records, away.conflicts,
                          away.newcomers, heirs,           away.closer,  away.events,
                          presence,       away.self,       away.probe};
};

TEST_F(AwayTest, NobodyComesInWhoseIdMayBeTaken) {
  EXPECT_THAT(away.newcomers.turned_away, ElementsAre(Pair("a", CloseCause::kAdmissionDown)));
  EXPECT_THAT(presence.kept, IsEmpty());
  EXPECT_THAT(heirs.entered, IsEmpty());
  EXPECT_EQ(away.probe.presence_failures.value(), 1);
}

struct AwayAcceptTest : AwayTest {
  AwayAcceptTest() : AwayTest(/*unclaimed=*/true) {}
};

TEST_F(AwayAcceptTest, OrAllDoAndTheStoreClaimsTheirIdsLater) {
  EXPECT_THAT(away.newcomers.turned_away, IsEmpty());
  EXPECT_THAT(presence.kept, ElementsAre(Pair("a", storage::ClaimPolicy::kSameUser)));
  ASSERT_EQ(heirs.entered.size(), 1);
  EXPECT_FALSE(heirs.entered[0].second.owed);
  EXPECT_EQ(away.probe.presence_failures.value(), 1);
}

// Presence will say that its holder keeps it: both would lose it otherwise.
TEST(AwayAcceptHere, ButWhomThisShardKnowsToHoldItKeepsIt) {
  for (auto policy : {storage::ClaimPolicy::kReject, storage::ClaimPolicy::kSameUser,
                      storage::ClaimPolicy::kTakeover}) {
    const bool keeps = policy != storage::ClaimPolicy::kTakeover;
    ShardOptions options = AwayTest::With(/*unclaimed=*/true);
    options.policy.arrival.id_policy = policy;
    AbsentPresence presence;
    fakes::HubWorld world(1, options, &presence);
    auto older = world.Connect("chat", "a");
    auto newer = world.Connect("chat", "a");
    EXPECT_EQ(older->socket.closed().has_value(), !keeps);
    world.shard().Alive(older->key, world.now);
    world.Run();
    EXPECT_EQ(older->socket.closed().has_value(), !keeps);
    EXPECT_EQ(newer->socket.closed().has_value(), keeps);
    EXPECT_EQ(presence.kept.size(), keeps ? 1 : 2);
    if (keeps) EXPECT_EQ(newer->socket.closed()->code, 4409);
  }
}

// Whichever of two is in presence after all, nothing of the one that goes stays there.
TEST(TwoThatHaveOneId, TheOneThatGoesGivesItBack) {
  ForgetfulPresence presence;
  fakes::HubWorld world(1, {}, &presence);
  auto older = world.Connect("chat", "a");
  auto newer = world.Connect("chat", "a");
  EXPECT_EQ(older->socket.closed()->code, 4410);
  EXPECT_FALSE(newer->socket.closed());
  EXPECT_THAT(presence.released, ElementsAre(older->key.value));
}

}  // namespace
}  // namespace sluice::hub
