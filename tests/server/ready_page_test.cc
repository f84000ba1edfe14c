// SPDX-License-Identifier: Apache-2.0
#include "gateway/server/ready_page.h"

#include <gtest/gtest.h>

#include "absl/time/time.h"

namespace sluice::server {
namespace {

NodeState Well() { return {.store = "memory", .connections = 3, .stores = {{"presence", {}}}}; }

TEST(ReadyPage, OfANodeThatIsWell) {
  const admin::Readiness page = DescribeReadiness(Well());
  EXPECT_TRUE(page.ready);
  EXPECT_EQ(page.detail, R"({"ready":true,"draining":false,"storage":"memory","connections":3})");
}

TEST(ReadyPage, WhoDrainsOrHasAComplaintIsNotReady) {
  NodeState draining = Well();
  draining.draining = true;
  EXPECT_EQ(DescribeReadiness(draining).detail,
            R"({"ready":false,"draining":true,"storage":"memory","connections":3})");
  NodeState stuck = Well();
  stuck.why = "\"home\" is stuck";
  EXPECT_FALSE(DescribeReadiness(stuck).ready);
  EXPECT_NE(DescribeReadiness(stuck).detail.find(R"(,"why":"\"home\" is stuck"})"),
            std::string::npos);
}

TEST(ReadyPage, ADegradedStoreIsToldAndTheNodeStaysReady) {
  NodeState state = Well();
  state.stores = {{"presence", {true, absl::FromUnixSeconds(0), "no connection"}},
                  {"broker", {}},
                  {"log", {true, absl::FromUnixSeconds(60), "slow"}}};
  const admin::Readiness page = DescribeReadiness(state);
  EXPECT_TRUE(page.ready);
  EXPECT_NE(page.detail.find(R"(,"degraded":"presence since 1970-01-01T00:00:00+00:00: no )"
                             R"(connection, log since 1970-01-01T00:01:00+00:00: slow"})"),
            std::string::npos)
      << page.detail;
}

}  // namespace
}  // namespace sluice::server
