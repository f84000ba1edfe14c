// SPDX-License-Identifier: Apache-2.0
//
// How many commands a client may say: what waits, what fails, what is free.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "gateway/hub/client_verbs.h"
#include "tests/fakes/hub_world.h"

namespace sluice::hub {
namespace {

using fakes::FakeClient;
using fakes::HubWorld;
using testing::ElementsAre;
using testing::IsEmpty;

struct Ask final : AnswerSink {
  void OnAnswer(ClientAnswer) override { ++answers; }
  int answers = 0;
};

class Pace : public testing::Test {
 protected:
  static ShardOptions Options() {
    ShardOptions options;
    options.policy.channels.per_connection = 20;
    options.policy.rates.commands_per_second = 1;
    options.policy.rates.commands_burst = 5;
    return options;
  }
  Pace() { world.dialect.open = true; }
  void Spend() {
    for (int i = 0; i < 5; ++i) world.Say(*client, "list 1");
  }
  // As the edge does: nothing more while it is told to wait.
  bool reading() { return world.shard().Reading(client->key); }

  HubWorld world{1, Options()};
  std::unique_ptr<FakeClient> client = world.Connect("chat", "a");
};

TEST_F(Pace, AsManySubscriptionsAsMayBeAreFree) {
  Spend();
  for (int i = 0; i < 20; ++i) {
    std::string n = std::to_string(i);
    ASSERT_THAT(world.Say(*client, "sub 1 c" + n), ElementsAre("chan 1 c" + n + "=0"));
    ASSERT_TRUE(reading());
  }
}

TEST_F(Pace, SubscriptionsBeyondWaitForTheirTurn) {
  Spend();
  world.Say(*client, "sub 1 a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,q,r,s,t");
  EXPECT_THAT(world.Say(*client, "unsub 2 a"), IsEmpty());
  EXPECT_FALSE(reading()) << "what comes behind it waits as well";
  world.Pass(absl::Seconds(1.5));
  EXPECT_THAT(client->socket.Take(), ElementsAre("chan 2 a=0"));
  EXPECT_TRUE(reading());
  EXPECT_EQ(world.probe().waits.value(), 1);
}

TEST_F(Pace, WhatWantsNoAnswerIsNotLost) {
  auto worker = world.Serve("chat", "m");
  Spend();
  world.Say(*client, "call - m 1");
  EXPECT_THAT(worker->invoked, IsEmpty());
  world.Pass(absl::Seconds(2));
  EXPECT_EQ(worker->invoked.size(), 1);
  EXPECT_FALSE(client->socket.closed());
}

TEST_F(Pace, WhoWaitsMayLeave) {
  auto worker = world.Serve("chat", "m");
  Spend();
  world.Say(*client, "call - m 1");
  world.Vanish(*client);
  world.Pass(absl::Seconds(2));
  EXPECT_THAT(worker->invoked, IsEmpty());
}

TEST_F(Pace, CallsFailAsBefore) {
  Spend();
  EXPECT_THAT(world.Say(*client, "list 2"), ElementsAre("err 2 rate_limited"));
}

TEST_F(Pace, AnswersThatWereAskedForAreFreeAndOthersAreNot) {
  auto sink = std::make_shared<Ask>();
  for (int i = 0; i < 8; ++i) {
    world.shard().clients().Call({.space = "chat"}, {1, absl::Seconds(9), sink}, "q", {},
                                 world.now);
  }
  client->socket.Take();
  for (int i = 1; i <= 8; ++i) {
    EXPECT_THAT(world.Say(*client, "answer 1 " + std::to_string(i) + " x"),
                ElementsAre("ok 1 true"));
  }
  EXPECT_EQ(sink->answers, 8);
  for (int i = 0; i < 5; ++i) world.Say(*client, "answer 1 99 x");
  EXPECT_THAT(world.Say(*client, "answer 1 99 x"), ElementsAre("err 1 rate_limited"));
  for (int i = 0; i < 10; ++i) world.Say(*client, "answer 1 99 x");
  EXPECT_EQ(client->socket.closed()->code, 4429);
}

}  // namespace
}  // namespace sluice::hub
