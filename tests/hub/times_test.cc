// SPDX-License-Identifier: Apache-2.0
//
// The world's clock is set: what others compare with dates follows it at once, and nothing else.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "gateway/hub/views.h"
#include "tests/fakes/hub_world.h"

namespace sluice::hub {
namespace {

using fakes::HubWorld;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr absl::Duration kDay = absl::Hours(24);

TEST(Times, ATokenExpiresByTheDate) {
  HubWorld world;
  auto client = world.Connect("chat", "a");
  world.Say(*client, "auth 1 good:ann");
  world.now.date += kDay;
  EXPECT_THAT(world.Say(*client, "list 2"), ElementsAre("untoken", "methods 2 "));
  EXPECT_THAT(world.Say(*client, "auth 3 good:ann"), ElementsAre("auth 3 ok"));
  world.now.date -= kDay;
  EXPECT_THAT(world.Say(*client, "list 4"), ElementsAre("methods 4 "));
}

TEST(Times, EventsConnectionsAndDeadlinesHaveTheDateAsItIsNow) {
  HubWorld world;
  auto worker = world.Serve("chat", "sum");
  auto early = world.Connect("chat", "early");
  const absl::Time before = world.now.date;
  world.now.date += kDay;
  auto late = world.Connect("chat", "late");
  EXPECT_EQ(world.events.events.back().time, before + kDay);
  EXPECT_EQ(world.shard().views().Count({.space = "chat", .connected_before = before + kDay}), 1);
  EXPECT_EQ(world.shard().views().Count({.space = "chat", .connected_after = before + kDay}), 1);
  world.Say(*late, "call 1 sum []");
  ASSERT_EQ(worker->invoked.size(), 1);
  EXPECT_EQ(worker->invoked[0].context.deadline, before + kDay + absl::Seconds(10));
}

TEST(Times, PingsAndCallsTakeAsLongAsEver) {
  for (absl::Duration step : {kDay, -kDay}) {
    HubWorld world;
    world.dialect.rule.interval = absl::Seconds(25);
    world.dialect.rule.timeout = absl::Seconds(10);
    auto worker = world.Serve("chat", "sum");
    auto client = world.Connect("chat", "a");
    world.Say(*client, "call 1 sum []");
    world.now.date += step;
    world.Pass(absl::Seconds(9));
    EXPECT_THAT(client->socket.Take(), IsEmpty());
    world.Pass(absl::Seconds(2));
    EXPECT_EQ(client->socket.Take().size(), 1);  // the call's time-out
    EXPECT_EQ(world.presence.held(), 1);
    EXPECT_FALSE(client->socket.closed().has_value());
    world.Pass(absl::Seconds(15));
    EXPECT_EQ(client->socket.Take().size(), 1);  // the ping
  }
}

}  // namespace
}  // namespace sluice::hub
