// SPDX-License-Identifier: Apache-2.0
#include "gateway/edge/connection_limiter.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

namespace sluice::edge {
namespace {

const Instant kNow(absl::Seconds(1000));

TEST(ConnectionLimiter, LetsEverybodyInWithoutLimits) {
  ConnectionLimiter limiter({});
  for (int i = 0; i < 1000; ++i) EXPECT_EQ(limiter.Enter(kNow), std::nullopt);
  EXPECT_EQ(limiter.inside(), 1000u);
}

TEST(ConnectionLimiter, CountsWhoIsInside) {
  ConnectionLimiter limiter({.connections_max = 2});
  EXPECT_EQ(limiter.Enter(kNow), std::nullopt);
  EXPECT_EQ(limiter.Enter(kNow), std::nullopt);
  EXPECT_EQ(limiter.Enter(kNow), Refusal::kConnectionsMax);
  limiter.Leave();
  EXPECT_EQ(limiter.Enter(kNow), std::nullopt);
  EXPECT_EQ(limiter.inside(), 2u);
}

TEST(ConnectionLimiter, LetsABurstInAndThenTheRate) {
  ConnectionLimiter limiter({.accepts_per_second = 10, .burst = 3});
  for (int i = 0; i < 3; ++i) EXPECT_EQ(limiter.Enter(kNow), std::nullopt) << i;
  EXPECT_EQ(limiter.Enter(kNow), Refusal::kAcceptRate);
  EXPECT_EQ(limiter.Enter(kNow + absl::Milliseconds(99)), Refusal::kAcceptRate);
  EXPECT_EQ(limiter.Enter(kNow + absl::Milliseconds(100)), std::nullopt);
  EXPECT_EQ(limiter.Enter(kNow + absl::Milliseconds(100)), Refusal::kAcceptRate);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(limiter.Enter(kNow + absl::Seconds(10)), std::nullopt) << i;
  EXPECT_EQ(limiter.Enter(kNow + absl::Seconds(10)), Refusal::kAcceptRate);
  EXPECT_EQ(limiter.inside(), 7u);
}

TEST(ConnectionLimiter, IsExactBetweenThreads) {
  ConnectionLimiter limiter({.connections_max = 100});
  std::atomic<int> entered = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 100; ++i) entered += !limiter.Enter(kNow).has_value();
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(limiter.inside(), static_cast<size_t>(entered));
  EXPECT_LE(entered, 100);
  EXPECT_GT(entered, 0);
}

TEST(ConnectionLimiter, OverloadedTellsNewcomersUntilItIsOver) {
  ConnectionLimiter limiter({});
  EXPECT_EQ(limiter.Enter(kNow), std::nullopt);
  limiter.SetOverloaded(true);
  EXPECT_EQ(limiter.Enter(kNow), Refusal::kOverloaded);
  limiter.SetOverloaded(false);
  EXPECT_EQ(limiter.Enter(kNow), std::nullopt);
  EXPECT_EQ(limiter.inside(), 2u);
}

}  // namespace
}  // namespace sluice::edge
