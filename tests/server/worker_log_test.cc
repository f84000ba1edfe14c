// SPDX-License-Identifier: Apache-2.0
#include "gateway/server/worker_log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <spdlog/sinks/ostream_sink.h>

#include <memory>
#include <sstream>

namespace sluice::server {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST(WorkerLogTest, SaysOnceWhatHappensOften) {
  std::ostringstream out;
  runtime::Log log({}, std::make_shared<spdlog::sinks::ostream_sink_mt>(out));
  WorkerLog reports(log, absl::Hours(1));
  reports.UnknownResults("w1", 7, 2);
  EXPECT_THAT(out.str(), HasSubstr("worker=w1 id=7 count=2"));
  out.str("");
  for (int i = 0; i < 1000; ++i) reports.UnknownResults("w1", 7, 1);
  EXPECT_THAT(out.str(), IsEmpty());
}

TEST(WorkerLogTest, TheNextLineStandsForAllBetween) {
  std::ostringstream out;
  runtime::Log log({}, std::make_shared<spdlog::sinks::ostream_sink_mt>(out));
  WorkerLog reports(log, absl::ZeroDuration());
  reports.UnknownResults("w1", 1, 3);
  reports.UnknownResults("w2", 2, 4);
  EXPECT_THAT(out.str(), HasSubstr("worker=w2 id=2 count=4"));
}

}  // namespace
}  // namespace sluice::server
