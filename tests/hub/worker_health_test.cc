// SPDX-License-Identifier: Apache-2.0
#include "gateway/hub/worker_health.h"

#include <gtest/gtest.h>

namespace sluice::hub {
namespace {

using Kind = WorkerHealth::Change;

struct WorkerHealthTest : testing::Test {
  WorkerHealth::Change TimeOut(bool probe = false) { return health.TimedOut(probe, now); }
  WorkerHealth::Change Answer(bool probe = false) { return health.Answered(probe, now); }
  void Eject() {
    for (int i = 0; i < 3; ++i) TimeOut();
  }
  // How long it lets nothing through, in steps of a tenth of a second.
  absl::Duration UntilProbe() {
    const Instant from = now;
    while (!health.TakeProbe(now)) now += absl::Milliseconds(100);
    return now - from;
  }

  Instant now{absl::Hours(5)};
  metrics::SharedGauge ejected;
  EjectionRule rule{.timeouts = 3, .first = absl::Seconds(1), .longest = absl::Seconds(5)};
  WorkerHealth health{rule, ejected};
};

TEST_F(WorkerHealthTest, TimeOutsInARowEject) {
  TimeOut();
  TimeOut();
  Answer();
  TimeOut();
  EXPECT_EQ(TimeOut().kind, Kind::kNone);
  EXPECT_FALSE(health.ejected());
  auto change = TimeOut();
  EXPECT_EQ(change.kind, Kind::kEjected);
  EXPECT_EQ(change.lasts, absl::Seconds(1));
  EXPECT_TRUE(health.ejected());
  EXPECT_EQ(ejected.value(), 1);
}

TEST_F(WorkerHealthTest, OneCallIsTheProbe) {
  Eject();
  EXPECT_FALSE(health.TakeProbe(now));
  EXPECT_EQ(UntilProbe(), absl::Seconds(1));
  EXPECT_FALSE(health.TakeProbe(now)) << "one is enough";
  EXPECT_TRUE(health.ejected()) << "until the probe is answered";
  EXPECT_EQ(Answer().kind, Kind::kNone) << "by the probe, not by what it had before";
  EXPECT_EQ(Answer(true).kind, Kind::kReadmitted);
  EXPECT_FALSE(health.ejected());
  EXPECT_EQ(ejected.value(), 0);
}

TEST_F(WorkerHealthTest, AProbeThatSaysNothingIsRepeated) {
  Eject();
  UntilProbe();
  health.ReturnProbe();
  EXPECT_EQ(UntilProbe(), absl::ZeroDuration());
}

TEST_F(WorkerHealthTest, EachFailedProbeDoublesTheEjectionUpToABound) {
  Eject();
  for (int seconds : {1, 2, 4, 5, 5}) {
    EXPECT_EQ(UntilProbe(), absl::Seconds(seconds));
    TimeOut();
    EXPECT_EQ(TimeOut(true).kind, Kind::kEjected);
  }
  EXPECT_EQ(ejected.value(), 1);
}

TEST_F(WorkerHealthTest, OneThatWasWellForLongBeginsAnew) {
  Eject();
  UntilProbe();
  Answer(true);
  Eject();
  EXPECT_EQ(UntilProbe(), absl::Seconds(2)) << "it was well for a moment only";
  Answer(true);
  now += absl::Seconds(5);
  Eject();
  EXPECT_EQ(UntilProbe(), absl::Seconds(1));
}

TEST_F(WorkerHealthTest, ZeroMeansNever) {
  WorkerHealth patient({.timeouts = 0}, ejected);
  for (int i = 0; i < 1000; ++i) patient.TimedOut(false, now);
  EXPECT_FALSE(patient.ejected());
}

TEST_F(WorkerHealthTest, OneThatLeavesIsNotCountedAnyMore) {
  {
    WorkerHealth other(rule, ejected);
    for (int i = 0; i < 3; ++i) other.TimedOut(false, now);
    EXPECT_EQ(ejected.value(), 1);
  }
  EXPECT_EQ(ejected.value(), 0);
}

}  // namespace
}  // namespace sluice::hub
