// SPDX-License-Identifier: Apache-2.0
//
// Clients that see each other.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/fakes/hub_world.h"

namespace sluice::hub {
namespace {

using fakes::HubWorld;
using testing::ElementsAre;
using testing::IsEmpty;

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

}  // namespace
}  // namespace sluice::hub
