// SPDX-License-Identifier: Apache-2.0
#include "gateway/hub/pacer.h"

#include <gtest/gtest.h>

#include "absl/random/random.h"

namespace sluice::hub {
namespace {

using absl::Milliseconds;
using absl::Seconds;

struct PacerTest : testing::Test {
  absl::BitGen random;
  Instant now{Seconds(100)};

  size_t After(Pacer& pacer, absl::Duration time, size_t left = 1'000'000) {
    now += time;
    return pacer.Due(left, now, random);
  }
};

TEST_F(PacerTest, TheFirstIsDueAtOnceOrWhenThePaceSays) {
  Pacer at_once({.per_second = 10}, 0, now);
  EXPECT_EQ(After(at_once, Seconds(0)), 1);
  EXPECT_EQ(After(at_once, Milliseconds(99)), 0);
  EXPECT_EQ(After(at_once, Milliseconds(1)), 1);
  Pacer later({.per_second = 10, .first = Milliseconds(30)}, 0, now);
  EXPECT_EQ(After(later, Milliseconds(29)), 0);
  EXPECT_EQ(After(later, Milliseconds(1)), 1);
  EXPECT_EQ(After(later, Milliseconds(99)), 0);
}

TEST_F(PacerTest, LessThanOneASecond) {
  Pacer pacer({.per_second = 0.5}, 0, now);
  EXPECT_EQ(After(pacer, Seconds(0)), 1);
  EXPECT_EQ(After(pacer, Milliseconds(1999)), 0);
  EXPECT_EQ(After(pacer, Milliseconds(1)), 1);
}

TEST_F(PacerTest, WhatIsLateIsMadeUpForASecondOnly) {
  Pacer pacer({.per_second = 100}, 0, now);
  EXPECT_EQ(After(pacer, Milliseconds(500)), 51);
  EXPECT_EQ(After(pacer, Seconds(60)), 101) << "frozen: not 6000 at once";
  EXPECT_EQ(After(pacer, Milliseconds(100)), 10);
}

TEST_F(PacerTest, AnotherPaceCountsWhatWasWaited) {
  Pacer pacer({.per_second = 1}, 0, now);
  EXPECT_EQ(After(pacer, Milliseconds(500)), 1);
  pacer.SetPace(2, now);  // half of the interval is over
  EXPECT_EQ(After(pacer, Milliseconds(249)), 0);
  EXPECT_EQ(After(pacer, Milliseconds(1)), 1);
  EXPECT_EQ(After(pacer, Milliseconds(500)), 1);
}

TEST_F(PacerTest, APauseDoesNotCount) {
  Pacer pacer({.per_second = 1}, 0, now);
  EXPECT_EQ(After(pacer, Milliseconds(600)), 1);
  pacer.Pause(now);
  now += Seconds(3);
  pacer.SetPace(2, now);
  now += Seconds(3);
  pacer.Resume(now);
  EXPECT_EQ(After(pacer, Milliseconds(199)), 0);
  EXPECT_EQ(After(pacer, Milliseconds(1)), 1);
}

TEST_F(PacerTest, JitterKeepsThePace) {
  Pacer pacer({.per_second = 100}, 100, now);
  size_t due = 0;
  for (int i = 0; i < 1000; ++i) due += After(pacer, Milliseconds(10));
  EXPECT_GE(due, 999);
  EXPECT_LE(due, 1002);
}

}  // namespace
}  // namespace sluice::hub
