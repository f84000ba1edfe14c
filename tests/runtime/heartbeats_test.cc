// SPDX-License-Identifier: Apache-2.0
#include "gateway/runtime/heartbeats.h"

#include <gtest/gtest.h>

#include "gateway/runtime/loop_probe.h"

namespace sluice::runtime {
namespace {

constexpr absl::Duration kTick = absl::Milliseconds(20);

class HeartbeatsTest : public testing::Test {
 protected:
  HeartbeatsTest() {
    beats_.Watch("home", home_);
    beats_.Watch("shard-0", shard_);
    beats_.Tick(now_);
  }
  // Time passes in ticks, in which these threads turn.
  void Pass(absl::Duration time, bool home, bool shard, absl::Duration tick = kTick) {
    for (absl::Duration passed; passed < time; passed += tick) {
      now_ += tick;
      if (home) home_.beats.Add();
      if (shard) shard_.beats.Add();
      beats_.Tick(now_);
    }
  }

  LoopProbe home_;
  LoopProbe shard_;
  Heartbeats beats_{{.stall_timeout = absl::Seconds(5), .tasks_max = 100}};
  Instant now_{absl::Hours(1)};
};

TEST_F(HeartbeatsTest, WhoTurnsIsWell) {
  Pass(absl::Minutes(1), true, true);
  EXPECT_EQ(beats_.Complaint(), "");
}

TEST_F(HeartbeatsTest, WhoDoesNotIsNamed) {
  Pass(absl::Milliseconds(4980), true, false);
  EXPECT_EQ(beats_.Complaint(), "");
  Pass(kTick, true, false);
  EXPECT_EQ(beats_.Complaint(), "shard-0 has not turned for 5s");
  Pass(absl::Seconds(5), false, false);
  EXPECT_EQ(beats_.Complaint(), "home has not turned for 5s, shard-0 has not turned for 10s");
  Pass(kTick, true, true);
  EXPECT_EQ(beats_.Complaint(), "") << "one turn is enough";
}

TEST_F(HeartbeatsTest, WhoCannotFollowIsNamed) {
  home_.tasks.Add(99);
  EXPECT_EQ(beats_.Overload(), "");
  home_.tasks.Add(2);
  EXPECT_EQ(beats_.Overload(), "home has 101 tasks waiting");
  home_.tasks.Add(-2);
  EXPECT_EQ(beats_.Overload(), "");
}

TEST_F(HeartbeatsTest, TimeInWhichTheWatcherDidNotRunAccusesNobody) {
  now_ += absl::Hours(1);  // the whole process was stopped
  beats_.Tick(now_);
  EXPECT_EQ(beats_.Complaint(), "");
  Pass(absl::Seconds(4), false, false);
  EXPECT_EQ(beats_.Complaint(), "");
}

}  // namespace
}  // namespace sluice::runtime
