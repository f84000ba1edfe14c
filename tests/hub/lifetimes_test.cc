// SPDX-License-Identifier: Apache-2.0
//
// How long a connection may last, and what clients are advised of when they are sent away.
#include "gateway/hub/lifetimes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "gateway/hub/advice.h"
#include "gateway/hub/close.h"
#include "tests/fakes/hub_world.h"
#include "text/utf8.h"

namespace sluice::hub {
namespace {

using fakes::FakeClient;
using fakes::HubWorld;

ShardOptions Lasting(absl::Duration lifetime, uint32_t jitter_percent) {
  ShardOptions options;
  options.policy.lifetime = {lifetime, jitter_percent, absl::Seconds(5)};
  return options;
}

// Time passes, and everybody shows signs of life.
void Pass(HubWorld& world, const std::vector<FakeClient*>& clients, absl::Duration time) {
  for (; time > absl::ZeroDuration(); time -= absl::Seconds(1)) {
    for (FakeClient* client : clients) client->shard.Alive(client->key, world.now);
    world.Pass(absl::Seconds(1));
  }
}

TEST(Lifetimes, AConnectionLastsSoLong) {
  HubWorld world(1, Lasting(absl::Minutes(1), 0));
  auto first = world.Connect("chat", "a");
  Pass(world, {first.get()}, absl::Seconds(30));
  auto second = world.Connect("chat", "b");
  Pass(world, {first.get(), second.get()}, absl::Seconds(29));
  EXPECT_FALSE(first->socket.closed());
  Pass(world, {first.get(), second.get()}, absl::Seconds(2));
  ASSERT_TRUE(first->socket.closed());
  EXPECT_EQ(*first->socket.closed(), (CloseFrame{1001, "going away"}));
  EXPECT_FALSE(second->socket.closed());
  EXPECT_EQ(world.probe().closed_by_gateway[static_cast<size_t>(CloseCause::kLifetime)].value(), 1);
}

TEST(Lifetimes, LastsForEverIfNothingElseIsSaid) {
  HubWorld world;
  auto client = world.Connect("chat", "a");
  Pass(world, {client.get()}, absl::Hours(1));
  EXPECT_FALSE(client->socket.closed());
}

TEST(Lifetimes, WhatCameTogetherLeavesSpreadOverTheJitter) {
  HubWorld world(1, Lasting(absl::Seconds(100), 50));
  std::vector<std::unique_ptr<FakeClient>> clients;
  std::vector<FakeClient*> all;
  for (int i = 0; i < 1000; ++i) {
    clients.push_back(world.Connect("chat"));
    all.push_back(clients.back().get());
  }
  auto closed = [&] {
    return std::count_if(clients.begin(), clients.end(),
                         [](const auto& client) { return client->socket.closed().has_value(); });
  };
  Pass(world, all, absl::Seconds(50));
  EXPECT_EQ(closed(), 0);
  for (int tenth = 1; tenth <= 10; ++tenth) {
    Pass(world, all, absl::Seconds(5));
    EXPECT_NEAR(closed(), tenth * 100, 60) << "after " << tenth << " tenths";
  }
  Pass(world, all, absl::Seconds(1));
  EXPECT_EQ(closed(), 1000);
}

TEST(Lifetimes, ACallUnderWayIsAnsweredFirst) {
  HubWorld world(1, Lasting(absl::Seconds(10), 0));
  auto worker = world.Serve("chat", "m");
  auto client = world.Connect("chat", "a");
  world.Pass(absl::Seconds(9));
  world.Say(*client, "call 1 m 5");
  world.Pass(absl::Seconds(2));
  EXPECT_FALSE(client->socket.closed());
  world.Reply(*worker, Payload::Json("9"));
  EXPECT_THAT(client->socket.Take(), testing::ElementsAre("ok 1 9"));
  EXPECT_EQ(client->socket.closed()->code, 1001);
}

TEST(Lifetimes, WhoLeavesInTimeIsForgotten) {
  HubWorld world(1, Lasting(absl::Seconds(10), 0));
  auto client = world.Connect("chat", "a");
  world.Vanish(*client);
  auto next = world.Connect("chat", "a");
  world.Pass(absl::Seconds(9));
  EXPECT_FALSE(next->socket.closed()) << "its slot's earlier session had another end";
  world.Pass(absl::Seconds(2));
  EXPECT_TRUE(next->socket.closed());
}

TEST(Advice, StandsBehindTheReason) {
  EXPECT_EQ(Advise("going away", absl::Milliseconds(3260)), "going away; retry-after=3.2s");
  EXPECT_EQ(Advise("", absl::ZeroDuration()), "retry-after=0.0s");
  EXPECT_EQ(Advise("moved", absl::Hours(1)), "moved; retry-after=3600.0s");
}

TEST(Advice, WhatIsTooLongIsCutFromTheReason) {
  std::string umlauts;
  for (int i = 0; i < 61; ++i) umlauts += "ä";
  const std::string advised = Advise(umlauts, absl::Seconds(12));
  EXPECT_LE(advised.size(), kCloseReasonMax);
  EXPECT_GE(advised.size(), kCloseReasonMax - 1);
  EXPECT_TRUE(text::IsUtf8(advised));
  EXPECT_TRUE(advised.ends_with("ä; retry-after=12.0s"));
}

}  // namespace
}  // namespace sluice::hub
