// SPDX-License-Identifier: Apache-2.0
#include "control/ctl/bar.h"

#include <gtest/gtest.h>

#include "control/ctl/printable.h"
#include "control/ctl/rate.h"

namespace sluice::ctl {
namespace {

v1::Drain Running(uint64_t matched, uint64_t closed) {
  v1::Drain drain;
  drain.set_id("d1");
  drain.set_state(v1::Drain::STATE_RUNNING);
  drain.set_per_second(20);
  drain.set_matched(matched);
  drain.set_closed(closed);
  drain.set_remaining(matched - closed);
  return drain;
}

TEST(BarTest, HowFarItIs) {
  EXPECT_EQ(DrainBar(Running(400, 180), 50, 80),
            "d1  [##################......................]   45%  180/400  50.0/s  ETA 5s");
  EXPECT_EQ(DrainBar(Running(400, 0), std::nullopt, 60),
            "d1  [.............................]    0%  0/400  -  ETA 20s");
}

TEST(BarTest, NotFullBeforeTheEnd) {
  const std::string bar = DrainBar(Running(100'000, 99'999), 1000, 80);
  EXPECT_NE(bar.find("99%"), std::string::npos) << bar;
  EXPECT_NE(bar.find(".]"), std::string::npos) << bar;
}

TEST(BarTest, NeverWiderThanTheTerminal) {
  for (size_t columns = 0; columns < 120; ++columns) {
    EXPECT_LE(WidthOf(DrainBar(Running(123'456, 7890), 123.4, columns)), columns);
  }
}

TEST(BarTest, WhatIsNotRunningHasNoRate) {
  v1::Drain drain = Running(10, 4);
  drain.set_state(v1::Drain::STATE_PAUSED);
  EXPECT_EQ(DrainBar(drain, 5, 40), "d1  [#####.........]   40%  4/10  PAUSED");
  EXPECT_EQ(TimeLeft(drain, 5), std::nullopt);
  drain = Running(10, 10);
  drain.set_state(v1::Drain::STATE_DONE);
  EXPECT_EQ(DrainBar(drain, 5, 30), "d1  [#####]  100%  10/10  DONE");
}

TEST(BarTest, NothingMatched) {
  v1::Drain drain = Running(0, 0);
  drain.set_state(v1::Drain::STATE_DONE);
  EXPECT_EQ(DrainLine(drain, std::nullopt), "d1 DONE matched=0 closed=0 gone=0 remaining=0");
  EXPECT_NE(DrainBar(drain, std::nullopt, 60).find("100%"), std::string::npos);
}

TEST(BarTest, Lines) {
  v1::Drain drain = Running(400, 180);
  drain.set_finishing(3);
  EXPECT_EQ(DrainLine(drain, 50),
            "d1 RUNNING matched=400 closed=180 gone=0 remaining=220 finishing=3 rate=50.0/s "
            "eta=5s");
}

TEST(BarTest, WhenItWillBeDone) {
  EXPECT_EQ(TimeLeft(Running(100, 0), 30), absl::Seconds(4));
  EXPECT_EQ(TimeLeft(Running(100, 0), std::nullopt), absl::Seconds(5));
  EXPECT_EQ(TimeLeft(Running(100, 0), 0), std::nullopt);
  EXPECT_EQ(TimeLeft(Running(1'000'000'000, 0), 0.001), std::nullopt);
}

TEST(RateTest, OverTheWindow) {
  Rate rate(absl::Seconds(5));
  auto at = [](int seconds) { return Instant(absl::Seconds(seconds)); };
  EXPECT_EQ(rate.per_second(), std::nullopt);
  rate.Add(at(0), 0);
  EXPECT_EQ(rate.per_second(), std::nullopt);
  rate.Add(at(0), 0);
  EXPECT_EQ(rate.per_second(), std::nullopt);
  rate.Add(at(1), 100);
  EXPECT_EQ(rate.per_second(), 100);
  for (int second = 2; second <= 10; ++second) rate.Add(at(second), 100);
  EXPECT_EQ(rate.per_second(), 0);
  // What falls was begun anew.
  rate.Add(at(11), 5);
  EXPECT_EQ(rate.per_second(), std::nullopt);
}

}  // namespace
}  // namespace sluice::ctl
