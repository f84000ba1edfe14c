// SPDX-License-Identifier: Apache-2.0
#include "control/ctl/durations.h"

#include <gtest/gtest.h>

namespace sluice::ctl {
namespace {

TEST(DurationsTest, AsPeopleWriteThem) {
  EXPECT_EQ(ParseDuration("500ms").value(), absl::Milliseconds(500));
  EXPECT_EQ(ParseDuration("10s").value(), absl::Seconds(10));
  EXPECT_EQ(ParseDuration("1h30m").value(), absl::Minutes(90));
  EXPECT_EQ(ParseDuration("0").value(), absl::ZeroDuration());
  for (const char* wrong : {"", "10", "-1s", "inf", "ten", "1d", "s"}) {
    EXPECT_FALSE(ParseDuration(wrong).ok()) << wrong;
  }
}

TEST(DurationsTest, AsPeopleReadThem) {
  EXPECT_EQ(ShortDuration(absl::Milliseconds(850)), "850ms");
  EXPECT_EQ(ShortDuration(absl::Milliseconds(1999)), "1s");
  EXPECT_EQ(ShortDuration(absl::Seconds(185)), "3m05s");
  EXPECT_EQ(ShortDuration(absl::Minutes(127)), "2h07m");
  EXPECT_EQ(ShortDuration(absl::Hours(99)), "4d03h");
  EXPECT_EQ(ShortDuration(-absl::Seconds(1)), "0ms");
}

}  // namespace
}  // namespace sluice::ctl
