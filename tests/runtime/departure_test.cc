// SPDX-License-Identifier: Apache-2.0
#include "gateway/runtime/departure.h"

#include <gtest/gtest.h>

namespace sluice::runtime {
namespace {

using Action = Departure::Action;

const Instant kNow(absl::Seconds(1000));

TEST(Departure, DoesNothingUntilItBegins) {
  Departure departure({});
  EXPECT_FALSE(departure.begun());
  EXPECT_EQ(departure.Tick(kNow, 0), Action::kNone);
}

TEST(Departure, DrainsAtOnceWithoutADelay) {
  Departure departure({});
  departure.Begin(kNow);
  EXPECT_TRUE(departure.begun());
  EXPECT_EQ(departure.Tick(kNow, 5), Action::kDrain);
  EXPECT_EQ(departure.Tick(kNow, 5), Action::kNone);
}

TEST(Departure, IsUnreadyForTheDelay) {
  Departure departure({.delay = absl::Seconds(5)});
  departure.Begin(kNow);
  EXPECT_EQ(departure.Tick(kNow, 0), Action::kNone);
  EXPECT_EQ(departure.Tick(kNow + absl::Milliseconds(4999), 0), Action::kNone);
  EXPECT_EQ(departure.Tick(kNow + absl::Seconds(5), 0), Action::kDrain);
}

TEST(Departure, FinishesWhenNobodyIsLeft) {
  Departure departure({});
  departure.Begin(kNow);
  ASSERT_EQ(departure.Tick(kNow, 2), Action::kDrain);
  EXPECT_EQ(departure.Tick(kNow + absl::Seconds(1), 1), Action::kNone);
  EXPECT_EQ(departure.Tick(kNow + absl::Seconds(2), 0), Action::kFinish);
  EXPECT_EQ(departure.Tick(kNow + absl::Seconds(3), 0), Action::kNone);
}

TEST(Departure, FinishesWhenTheTimeIsUp) {
  Departure departure({.drain_timeout = absl::Seconds(10)});
  departure.Begin(kNow);
  ASSERT_EQ(departure.Tick(kNow, 2), Action::kDrain);
  EXPECT_EQ(departure.Tick(kNow + absl::Milliseconds(9999), 2), Action::kNone);
  EXPECT_EQ(departure.Tick(kNow + absl::Seconds(10), 2), Action::kFinish);
}

TEST(Departure, PaceIsWhatWasAskedFor) {
  EXPECT_EQ(Departure({.drain_per_second = 3}).Pace(100000), 3u);
}

TEST(Departure, PaceTakesHalfOfTheTime) {
  Departure departure({.drain_timeout = absl::Seconds(30)});
  EXPECT_EQ(departure.Pace(15000), 1000u);
  EXPECT_EQ(departure.Pace(15001), 1001u);
}

TEST(Departure, PaceOfAFewIsQuick) {
  EXPECT_EQ(Departure({}).Pace(0), Departure::kPaceMin);
  EXPECT_EQ(Departure({}).Pace(10), Departure::kPaceMin);
}

TEST(Departure, WithoutTimeAllGoAtOnce) {
  EXPECT_GT(Departure({.drain_timeout = absl::ZeroDuration()}).Pace(1000000), 1000000u);
}

}  // namespace
}  // namespace sluice::runtime
