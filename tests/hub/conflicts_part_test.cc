// SPDX-License-Identifier: Apache-2.0
//
// Ids that are in use: the newcomer's side and the holder's, each by itself.
#include "gateway/hub/conflicts.h"

#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "gateway/hub/deadlines.h"
#include "gateway/hub/event_log.h"
#include "gateway/hub/session.h"
#include "tests/fakes/shard_parts.h"

namespace sluice::hub {
namespace {

using fakes::FakeSocket;
using fakes::ShardParts;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

ShardOptions Options(absl::Duration probe_timeout) {
  ShardOptions options;
  options.policy.arrival.id_probe_timeout = probe_timeout;
  options.policy.delivery.alive_bytes_per_second = 1000;
  return options;
}

struct World {
  explicit World(absl::Duration probe_timeout = absl::Seconds(2)) : parts(Options(probe_timeout)) {}
  storage::PresenceRecord Held() const {
    return {{"chat", "a"}, "", "local", holder.key.value, {}, ""};
  }
  void Probe(Session& asks) {
    conflicts.Probe(Held(), parts.neighbours.JudgedOf(asks.key), parts.now);
  }
  void Pass(absl::Duration time) {
    parts.Pass(time, [&](Deadlines::Kind kind, Key key) {
      EXPECT_EQ(kind, Deadlines::Kind::kIdProbe);
      if (Session* due = parts.sessions.Find(key)) conflicts.OnDeadline(*due, parts.now);
    });
  }

  ShardParts parts;
  Conflicts& conflicts = parts.conflicts;
  Session& holder = parts.Open("chat", "a");
  Session& newcomer = parts.Arrive("chat", "a");
  FakeSocket& socket = ShardParts::SocketOf(holder);
};

// --- The newcomer's side -------------------------------------------------------------------------

TEST(ConflictsPart, TheHoldersShardIsAskedAFewTimesThenTheNewcomerGoes) {
  World world;
  for (int i = 0; i < 3; ++i) {
    world.conflicts.OnHeld(world.newcomer, world.Held(), world.parts.now);
  }
  EXPECT_EQ(world.parts.neighbours.probes.size(), 3);
  EXPECT_THAT(world.parts.neighbours.probes[0], Pair(world.holder.key, world.newcomer.key));
  EXPECT_THAT(world.parts.newcomers.turned_away, IsEmpty());
  world.conflicts.OnHeld(world.newcomer, world.Held(), world.parts.now);
  EXPECT_EQ(world.parts.neighbours.probes.size(), 3);
  EXPECT_THAT(world.parts.newcomers.turned_away, ElementsAre(Pair("a", CloseCause::kIdTaken)));
}

TEST(ConflictsPart, WithoutATimeForItNobodyIsAsked) {
  World world(absl::ZeroDuration());
  world.conflicts.OnHeld(world.newcomer, world.Held(), world.parts.now);
  EXPECT_THAT(world.parts.neighbours.probes, IsEmpty());
  EXPECT_EQ(world.parts.newcomers.turned_away.size(), 1);
}

TEST(ConflictsPart, WhatWasFoundOutDecides) {
  World world;
  world.conflicts.OnJudged(world.newcomer.key, /*holder_lives=*/false, world.parts.now);
  EXPECT_THAT(world.parts.newcomers.claims, ElementsAre("a"));
  world.conflicts.OnJudged(world.newcomer.key, /*holder_lives=*/true, world.parts.now);
  EXPECT_THAT(world.parts.newcomers.turned_away, ElementsAre(Pair("a", CloseCause::kIdTaken)));
}

TEST(ConflictsPart, OfWhoHasLeftOrIsInNothingIsDecided) {
  World world;
  world.conflicts.OnJudged(world.holder.key, false, world.parts.now);
  world.conflicts.OnJudged(Key::Make(0, 77, 1), false, world.parts.now);
  EXPECT_THAT(world.parts.newcomers.claims, IsEmpty());
}

// --- The holder's side ---------------------------------------------------------------------------

TEST(ConflictsPart, WhoIsGoneOrGoingLivesNoMore) {
  World world;
  storage::PresenceRecord nobody = world.Held();
  nobody.session = Key::Make(0, 77, 1).value;
  world.conflicts.Probe(nobody, world.parts.neighbours.JudgedOf(world.newcomer.key),
                        world.parts.now);
  world.holder.state = Session::State::kClosing;
  world.Probe(world.newcomer);
  EXPECT_THAT(world.parts.neighbours.judgements,
              ElementsAre(Pair(world.newcomer.key, false), Pair(world.newcomer.key, false)));
  EXPECT_EQ(world.parts.probe.id_probes.value(), 0);
}

TEST(ConflictsPart, TheHolderIsPingedOnceForAllWhoWant) {
  World world;
  Session& second = world.parts.Arrive("chat", "a");
  world.Probe(world.newcomer);
  world.Probe(second);
  EXPECT_THAT(world.socket.Take(), ElementsAre("<ping>"));
  EXPECT_EQ(world.parts.probe.id_probes.value(), 1);
  world.conflicts.End(world.holder, /*lives=*/true);
  EXPECT_THAT(world.parts.neighbours.judgements,
              ElementsAre(Pair(world.newcomer.key, true), Pair(second.key, true)));
  world.Pass(absl::Seconds(3));
  EXPECT_THAT(world.parts.closer.closed, IsEmpty()) << "its deadline is gone as well";
  world.conflicts.End(world.holder, /*lives=*/false);
  EXPECT_EQ(world.parts.neighbours.judgements.size(), 2) << "nobody wants to know any more";
}

TEST(ConflictsPart, AGhostIsClosedAndItsIdIsFreeWhenThatIsTold) {
  World world;
  world.Probe(world.newcomer);
  world.Pass(absl::Seconds(3));
  ASSERT_EQ(world.parts.closer.closed.size(), 1);
  EXPECT_EQ(world.parts.closer.closed[0].cause, CloseCause::kPongTimeout);
  EXPECT_EQ(world.parts.probe.ghosts.value(), 1);
  world.parts.events.Emit(ConnectionEvent::Type::kClosed, world.holder, world.parts.now);
  world.conflicts.End(world.holder, /*lives=*/false);
  EXPECT_EQ(world.parts.kept.events.size(), 1) << "handed over before anybody claims again";
  EXPECT_THAT(world.parts.neighbours.judgements, ElementsAre(Pair(world.newcomer.key, false)));
}

TEST(ConflictsPart, WhoTakesEnoughOfWhatStandsBeforeThePingLives) {
  World world;
  world.Probe(world.newcomer);
  world.socket.allowed += 2000;
  world.Pass(absl::Seconds(3));
  EXPECT_THAT(world.parts.closer.closed, IsEmpty());
  EXPECT_THAT(world.parts.neighbours.judgements, ElementsAre(Pair(world.newcomer.key, true)));
}

}  // namespace
}  // namespace sluice::hub
