// SPDX-License-Identifier: Apache-2.0
//
// An id that is wanted twice: its holder is asked whether it lives.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "gateway/hub/conflicts.h"
#include "gateway/hub/event_log.h"
#include "tests/fakes/hub_world.h"

namespace sluice::hub {
namespace {

using fakes::FakeClient;
using fakes::HubWorld;
using testing::ElementsAre;
using testing::IsEmpty;
using Type = ConnectionEvent::Type;

class Conflict : public testing::TestWithParam<size_t> {
 protected:
  HubWorld world{2};
  std::unique_ptr<FakeClient> older = world.Connect("chat", "a", 0);
  // On the holder's shard, and on another.
  std::unique_ptr<FakeClient> newer = world.Connect("chat", "a", GetParam());
};

TEST_P(Conflict, AGhostMakesWay) {
  EXPECT_THAT(older->socket.Take(), ElementsAre("<ping>"));
  EXPECT_FALSE(newer->socket.closed()) << "it waits for the verdict";
  EXPECT_FALSE(newer->shard.Reading(newer->key));
  world.Pass(absl::Seconds(3));
  EXPECT_EQ(older->socket.closed()->code, 4408);
  EXPECT_FALSE(newer->socket.closed());
  EXPECT_TRUE(newer->shard.Reading(newer->key));
  std::vector<Type> types;
  for (const auto& event : world.events.events) types.push_back(event.type);
  EXPECT_THAT(types, ElementsAre(Type::kOpened, Type::kClosed, Type::kOpened));
  EXPECT_EQ(world.presence.held(), 1);
  EXPECT_EQ(world.probe(0).ghosts.value(), 1);
}

TEST_P(Conflict, WhoAnswersKeepsItsId) {
  world.shard(0).Alive(older->key, world.now);
  world.Run();
  EXPECT_EQ(newer->socket.closed()->code, 4409);
  EXPECT_FALSE(older->socket.closed());
  world.Pass(absl::Seconds(3));
  EXPECT_FALSE(older->socket.closed());
  EXPECT_EQ(world.probe(0).ghosts.value(), 0);
}

TEST_P(Conflict, WhoReadsWhatStandsInFrontKeepsItsId) {
  older->socket.Take();
  older->socket.allowed = 1 << 20;
  world.Pass(absl::Seconds(3));
  EXPECT_EQ(newer->socket.closed()->code, 4409);
  EXPECT_FALSE(older->socket.closed());
}

TEST_P(Conflict, TheHolderLeavesMeanwhile) {
  world.Vanish(*older);
  EXPECT_FALSE(newer->socket.closed());
  EXPECT_TRUE(newer->shard.Reading(newer->key)) << "without waiting for the time-out";
}

TEST_P(Conflict, TheNewcomerLeavesMeanwhile) {
  world.Vanish(*newer);
  world.shard(0).Alive(older->key, world.now);
  world.Run();
  EXPECT_FALSE(older->socket.closed());
  EXPECT_EQ(world.presence.held(), 1);
}

TEST_P(Conflict, SeveralNewcomersCauseOnePingAndOneComesIn) {
  auto third = world.Connect("chat", "a", 1);
  EXPECT_THAT(older->socket.Take(), ElementsAre("<ping>"));
  world.Pass(absl::Seconds(3));
  FakeClient* winner = newer->shard.Reading(newer->key) ? newer.get() : third.get();
  FakeClient* loser = winner == newer.get() ? third.get() : newer.get();
  EXPECT_THAT(winner->socket.Take(), ElementsAre("<ping>")) << "the loser asks again";
  winner->shard.Alive(winner->key, world.now);
  world.Run();
  EXPECT_EQ(loser->socket.closed()->code, 4409);
  EXPECT_FALSE(winner->socket.closed());
}

INSTANTIATE_TEST_SUITE_P(Shards, Conflict, testing::Values(0, 1));

TEST(Conflicts, AreRefusedAtOnceIfTheHolderIsNotToBeAsked) {
  ShardOptions options;
  options.policy.arrival.id_probe_timeout = absl::ZeroDuration();
  HubWorld world(1, options);
  auto older = world.Connect("chat", "a");
  auto newer = world.Connect("chat", "a");
  EXPECT_EQ(newer->socket.closed()->code, 4409);
  EXPECT_THAT(older->socket.Take(), IsEmpty());
}

}  // namespace
}  // namespace sluice::hub
