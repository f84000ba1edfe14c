// SPDX-License-Identifier: Apache-2.0
//
// Clients that owe many answers: what it costs when they leave, when time runs out, and when nobody
// wants the answers any more.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ctime>

#include "gateway/hub/client_verbs.h"
#include "tests/fakes/hub_world.h"

namespace sluice::hub {
namespace {

using fakes::FakeClient;
using fakes::HubWorld;
using testing::ElementsAre;

constexpr uint64_t kMany = 60000;

struct CountingSink final : AnswerSink {
  void OnAnswer(ClientAnswer answer) override { ++by_kind[answer.how.index()]; }
  uint64_t by_kind[4] = {};  // payload, error, timed out, disconnected
};

ShardOptions Unbounded() {
  ShardOptions options;
  options.policy.requests_per_connection = kMany;
  options.policy.delivery.outbox_bytes = 1 << 30;
  options.policy.rates.commands_per_second = 0;
  return options;
}

struct AsksTest : testing::Test {
  // Each is a Control.Call of its own.
  void AskMany() {
    for (uint64_t ask = 1; ask <= kMany; ++ask) {
      world.shard().clients().Call({.space = "chat"}, {ask, absl::Seconds(5), sink}, "q", {},
                                   world.now);
    }
    ASSERT_EQ(world.shard().requests(), kMany);
  }
  // Of this process, so that a busy machine does not matter. Walking what is owed for each answer
  // would take tens of seconds.
  template <typename Run>
  static double CpuSeconds(Run run) {
    const std::clock_t begin = std::clock();
    run();
    return static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC;
  }

  HubWorld world{1, Unbounded()};
  std::unique_ptr<FakeClient> client = world.Connect("chat", "a");
  std::shared_ptr<CountingSink> sink = std::make_shared<CountingSink>();
};

TEST_F(AsksTest, OneThatOwesMuchLeavesQuickly) {
  AskMany();
  EXPECT_LT(CpuSeconds([&] { world.Vanish(*client); }), 3);
  EXPECT_EQ(sink->by_kind[3], kMany);
  EXPECT_EQ(world.shard().requests(), 0);
}

TEST_F(AsksTest, TheyTimeOutQuickly) {
  AskMany();
  EXPECT_LT(CpuSeconds([&] { world.Pass(absl::Seconds(6)); }), 3);
  EXPECT_EQ(sink->by_kind[2], kMany);
}

TEST_F(AsksTest, CallersBreakOffQuickly) {
  AskMany();
  EXPECT_LT(CpuSeconds([&] {
              for (uint64_t ask = kMany; ask > 0; --ask) world.shard().clients().ForgetCall(ask);
            }),
            3);
  EXPECT_EQ(world.shard().requests(), 0);
}

TEST_F(AsksTest, TheyAreAnsweredQuicklyInAnyOrder) {
  AskMany();
  EXPECT_LT(CpuSeconds([&] {
              for (uint64_t number = kMany; number > 0; --number) {
                world.shard().Receive(client->key, "answer - " + std::to_string(number) + " yes",
                                      false, world.now);
              }
            }),
            10);
  EXPECT_EQ(sink->by_kind[0], kMany);
}

TEST(AskBoundTest, WhoOwesTooMuchIsAskedNoMore) {
  ShardOptions options;
  options.policy.requests_per_connection = 2;
  HubWorld world(1, options);
  auto debtor = world.Connect("chat", "a");
  auto sink = std::make_shared<CountingSink>();
  auto ask = [&] {
    return world.shard().clients().Call({.space = "chat"}, {1, absl::Seconds(5), sink}, "q", {},
                                        world.now);
  };
  EXPECT_EQ(ask().enqueued, 1);
  EXPECT_EQ(ask().enqueued, 1);
  auto other = world.Connect("chat", "b");
  Outcome outcome = ask();
  EXPECT_EQ(outcome.enqueued, 1) << "the other";
  EXPECT_EQ(outcome.dropped[static_cast<int>(DropReason::kLimit)], 1);
  EXPECT_EQ(world.probe().client_calls_limited.value(), 1);
  world.Say(*debtor, "answer - 1 yes");
  EXPECT_EQ(ask().enqueued, 2);
}

TEST(AskBoundTest, ForgettingOneCallLeavesTheOthers) {
  HubWorld world;
  auto client = world.Connect("chat", "a");
  auto sink = std::make_shared<CountingSink>();
  for (uint64_t call : {1, 2, 1}) {
    world.shard().clients().Call({.space = "chat"}, {call, absl::Seconds(5), sink}, "q", {},
                                 world.now);
  }
  world.Say(*client, "answer - 1 yes");
  world.shard().clients().ForgetCall(1);
  EXPECT_EQ(world.shard().requests(), 1);
  world.shard().clients().ForgetCall(1);
  world.Vanish(*client);
  EXPECT_THAT(sink->by_kind, ElementsAre(1, 0, 0, 1));
}

}  // namespace
}  // namespace sluice::hub
