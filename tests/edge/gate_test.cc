// SPDX-License-Identifier: Apache-2.0
#include "gateway/edge/gate.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

namespace sluice::edge {
namespace {

const Instant kNow(absl::Seconds(1000));

TEST(Gate, LetsEverybodyInWithoutLimits) {
  Gate gate({});
  for (int i = 0; i < 1000; ++i) EXPECT_EQ(gate.Enter(kNow), std::nullopt);
  EXPECT_EQ(gate.inside(), 1000u);
}

TEST(Gate, CountsWhoIsInside) {
  Gate gate({.connections_max = 2});
  EXPECT_EQ(gate.Enter(kNow), std::nullopt);
  EXPECT_EQ(gate.Enter(kNow), std::nullopt);
  EXPECT_EQ(gate.Enter(kNow), Refusal::kConnectionsMax);
  gate.Leave();
  EXPECT_EQ(gate.Enter(kNow), std::nullopt);
  EXPECT_EQ(gate.inside(), 2u);
}

TEST(Gate, LetsABurstInAndThenTheRate) {
  Gate gate({.accepts_per_second = 10, .burst = 3});
  for (int i = 0; i < 3; ++i) EXPECT_EQ(gate.Enter(kNow), std::nullopt) << i;
  EXPECT_EQ(gate.Enter(kNow), Refusal::kAcceptRate);
  EXPECT_EQ(gate.Enter(kNow + absl::Milliseconds(99)), Refusal::kAcceptRate);
  EXPECT_EQ(gate.Enter(kNow + absl::Milliseconds(100)), std::nullopt);
  EXPECT_EQ(gate.Enter(kNow + absl::Milliseconds(100)), Refusal::kAcceptRate);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(gate.Enter(kNow + absl::Seconds(10)), std::nullopt) << i;
  EXPECT_EQ(gate.Enter(kNow + absl::Seconds(10)), Refusal::kAcceptRate);
  EXPECT_EQ(gate.inside(), 7u);
}

TEST(Gate, IsExactBetweenThreads) {
  Gate gate({.connections_max = 100});
  std::atomic<int> entered = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 100; ++i) entered += !gate.Enter(kNow).has_value();
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(gate.inside(), static_cast<size_t>(entered));
  EXPECT_LE(entered, 100);
  EXPECT_GT(entered, 0);
}

TEST(Gate, OverloadedTellsNewcomersUntilItIsOver) {
  Gate gate({});
  EXPECT_EQ(gate.Enter(kNow), std::nullopt);
  gate.SetOverloaded(true);
  EXPECT_EQ(gate.Enter(kNow), Refusal::kOverloaded);
  gate.SetOverloaded(false);
  EXPECT_EQ(gate.Enter(kNow), std::nullopt);
  EXPECT_EQ(gate.inside(), 2u);
}

}  // namespace
}  // namespace sluice::edge
