// SPDX-License-Identifier: Apache-2.0
//
// What the benchmark reads out of text, and how it judges.
#include <gtest/gtest.h>

#include <string>

#include "tests/bench/accounting.h"
#include "tests/bench/gateway.h"
#include "tests/bench/report.h"
#include "tests/bench/socket.h"

namespace sluice::bench {
namespace {

TEST(ParseKilobytes, FindsTheLineOfThatName) {
  std::string text = "Rss:      1200 kB\nPss:       800 kB\nPss_Dirty:   5 kB\n";
  EXPECT_EQ(ParseKilobytes(text, "Pss"), 800u * 1024);
  EXPECT_EQ(ParseKilobytes(text, "Swap"), 0u);
}

TEST(SumMetric, AddsTheSeriesOfOneNameUp) {
  std::string text =
      "# TYPE a_total counter\na_total{x=\"1\"} 2\na_total{x=\"2\"} 3\na_total_more 7\nb 1\n";
  EXPECT_EQ(SumMetric(text, "a_total"), 5);
  EXPECT_EQ(SumMetric(text, "b"), 1);
  EXPECT_EQ(SumMetric(text, "c"), 0);
}

TEST(Frame, HasTheHeaderOfItsSize) {
  EXPECT_EQ(ServerFrame(std::string(100, 'x')).size(), 102u);
  EXPECT_EQ(ServerFrame(std::string(300, 'x')).substr(0, 4), std::string("\x81\x7e\x01\x2c", 4));
  EXPECT_EQ(ClientFrame("hi"), std::string("\x81\x82\0\0\0\0hi", 8));
}

Run RunOf(double cpu_seconds, uint64_t deliveries) {
  Run run;
  run.usage.seconds = 1;
  run.usage.server_cpu = cpu_seconds;
  run.deliveries = deliveries;
  return run;
}

TEST(Median, IsByCostADelivery) {
  EXPECT_EQ(Median({RunOf(3, 1), RunOf(1, 1), RunOf(2, 1)}).usage.server_cpu, 2);
}

TEST(LimitOf, BlamesWhoeverWasBusy) {
  auto run = RunOf(0.95, 1000);
  EXPECT_EQ(LimitOf(run), "the server");
  run.server_threads = 2;
  run.usage.idle = Cores();
  EXPECT_EQ(LimitOf(run), "round trips");
  run.usage.idle = 0;
  EXPECT_EQ(LimitOf(run), "cores, the server has most of them");
  run.usage.generator_cpu = 1;
  EXPECT_EQ(LimitOf(run), "cores, the generator has most of them");
  run.wanted = 1000;
  EXPECT_EQ(LimitOf(run), "the pace");
}

TEST(Goals, AreMultiplesOfARawSend) {
  Results results;
  results.raw_paced = RunOf(1, 1000);  // a slow machine: 1000 us
  results.paced = RunOf(1.1, 1000);
  results.saturated = RunOf(0.1, 1000);
  results.memory.push_back({"idle", {1000, 5.5, 5.5}});
  results.memory.push_back({"later", {1000, 7, 7}, /*judged=*/false});
  std::vector<Goal> goals = GoalsOf(results, 0.15);
  ASSERT_EQ(goals.size(), 3u);
  EXPECT_TRUE(goals[0].met());
  EXPECT_FALSE(goals[1].met());
  EXPECT_TRUE(goals[2].met());
}

}  // namespace
}  // namespace sluice::bench
