// SPDX-License-Identifier: Apache-2.0
//
// When a connection is pinged, and when it is given up.
#include "gateway/hub/liveness.h"

#include <gtest/gtest.h>

namespace sluice::hub {
namespace {

using Action = Liveness::Action;

constexpr uint64_t kLeast = 1000;  // bytes a second

class LivenessTest : public testing::Test {
 protected:
  LivenessTest() {
    rule_.interval = absl::Seconds(1);
    rule_.timeout = absl::Seconds(10);
    rule_.ping = "ping";
    liveness_.Start(flow_, At(0));
  }
  static Instant At(double second) { return Instant(absl::Seconds(second)); }
  Action Check(double second) { return liveness_.Check(rule_, flow_, kLeast, At(second)); }

  LivenessRule rule_;
  Flow flow_;
  Liveness liveness_;
};

TEST_F(LivenessTest, PingsAtEveryIntervalThatIsAnswered) {
  for (int second = 1; second < 40; ++second) {
    ASSERT_EQ(liveness_.Next(rule_), At(second));
    ASSERT_EQ(Check(second), Action::kPing) << second;
    EXPECT_TRUE(liveness_.Heard(At(second))) << "the next ping is due before the time-out";
    EXPECT_FALSE(liveness_.Heard(At(second))) << "nothing more was awaited";
  }
}

TEST_F(LivenessTest, GivesUpWhoIsSilentAfterAPing) {
  EXPECT_EQ(Check(1), Action::kPing);
  EXPECT_EQ(liveness_.Next(rule_), At(11));
  EXPECT_EQ(Check(10.9), Action::kNothing);
  EXPECT_EQ(Check(11), Action::kDead);
}

TEST_F(LivenessTest, APingBehindOtherBytesHasNotBeenSent) {
  flow_.put = 100'000;
  EXPECT_EQ(Check(1), Action::kPing);
  flow_.put += 4;
  for (int second = 11; second <= 91; second += 10) {
    flow_.arrived += 10'000;
    EXPECT_EQ(Check(second), Action::kNothing) << second;
  }
  flow_.arrived = flow_.put;
  EXPECT_EQ(Check(101), Action::kNothing) << "it came meanwhile: now it may be answered";
  EXPECT_EQ(Check(111), Action::kDead) << "so long would the slowest have needed for all of it";
}

TEST_F(LivenessTest, WhoSipsIsGivenUp) {
  flow_.put = 100'000;
  EXPECT_EQ(Check(1), Action::kPing);
  flow_.put += 4;
  flow_.arrived += 10 * kLeast - 1;
  EXPECT_EQ(Check(11), Action::kDead);
}

TEST_F(LivenessTest, AShortLookDoesNotMakeASipAFlow) {
  flow_.put = 100'000;
  EXPECT_EQ(Check(1), Action::kPing);
  EXPECT_EQ(Check(10.999), Action::kNothing);
  flow_.arrived += 100;
  EXPECT_EQ(Check(11), Action::kDead);
}

TEST_F(LivenessTest, WhatItsSystemHasTakenItsProgramMayStillRead) {
  flow_.put = 100'000;
  EXPECT_EQ(Check(1), Action::kPing);
  flow_.arrived = flow_.put += 4;
  for (int second = 11; second <= 101; second += 10) {
    EXPECT_EQ(Check(second), Action::kNothing) << second;
  }
  EXPECT_EQ(Check(111), Action::kDead);
}

TEST_F(LivenessTest, ItsSystemTakesInLargeSteps) {
  flow_.put = 1'000'000;
  EXPECT_EQ(Check(1), Action::kPing);
  for (int second = 11; second < 150; second += 10) {
    if (second % 3 == 0) flow_.arrived += 60'000;  // every thirty seconds
    if (second == 11) flow_.arrived += 60'000;
    EXPECT_EQ(Check(second), Action::kNothing) << second;
  }
}

TEST_F(LivenessTest, WhoIsCutOffIsNotReading) {
  flow_.put = 1'000'000;
  flow_.arrived = 900'000;
  EXPECT_EQ(Check(1), Action::kPing);
  flow_.in_flight = 50'000;
  EXPECT_EQ(Check(11), Action::kDead);
}

TEST_F(LivenessTest, WhoAnsweredHasReadWhatHadArrived) {
  flow_.put = flow_.arrived = 100'000;
  EXPECT_EQ(Check(1), Action::kPing);
  flow_.put = flow_.arrived += 4;
  liveness_.Heard(At(1.5));
  EXPECT_EQ(Check(2.5), Action::kPing);
  flow_.put = flow_.arrived += 4;
  EXPECT_EQ(Check(12.5), Action::kDead);
}

TEST_F(LivenessTest, WhoseSystemTakesBytesBehindThePingMayStillHang) {
  EXPECT_EQ(Check(1), Action::kPing);
  flow_.put += 4;
  flow_.arrived = flow_.put = 50'000;
  EXPECT_EQ(Check(11), Action::kNothing) << "the ping was among them";
  flow_.arrived = flow_.put = 100'000;
  EXPECT_EQ(Check(21), Action::kDead);
}

TEST_F(LivenessTest, WhoseProgramReadsLives) {
  EXPECT_EQ(Check(1), Action::kPing);
  for (int second = 11; second < 100; second += 10) {
    flow_.arrived = flow_.put += 10'000;
    flow_.allowed += 10'000;
    EXPECT_EQ(Check(second), Action::kNothing) << second;
  }
  EXPECT_EQ(Check(101), Action::kDead);
}

TEST_F(LivenessTest, SteadyPingsAskForTheirOldest) {
  rule_.steady = true;
  flow_.put = flow_.arrived = 4;
  for (int second = 1; second < 12; ++second) {
    EXPECT_EQ(Check(second), Action::kPing) << second;
    flow_.put = flow_.arrived += 2000;  // its system takes everything, the pings as well
  }
  EXPECT_EQ(Check(12), Action::kDead) << "ten seconds after the oldest ping was seen to arrive";
}

TEST_F(LivenessTest, SteadyPingsWaitForWhoReads) {
  rule_.steady = true;
  flow_.put = 1'000'000;
  for (int second = 1; second < 60; ++second) {
    EXPECT_EQ(Check(second), Action::kPing) << second;
    flow_.put += 4;
    flow_.arrived += 2000;
  }
}

TEST_F(LivenessTest, ALeaseIsRenewedByItsOwnCommandAlone) {
  rule_.lease = absl::Seconds(5);
  EXPECT_EQ(Check(1), Action::kPing);
  liveness_.Heard(At(4));
  EXPECT_EQ(Check(5), Action::kExpired);
}

}  // namespace
}  // namespace sluice::hub
