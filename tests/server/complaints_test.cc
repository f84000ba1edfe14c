// SPDX-License-Identifier: Apache-2.0
#include "gateway/server/complaints.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <spdlog/sinks/ostream_sink.h>

#include <algorithm>
#include <memory>
#include <sstream>
#include <string>

namespace sluice::server {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;

class ComplaintsTest : public testing::Test {
 protected:
  void Update(const std::string& why) { complaints_.Update("threads", why, now_); }
  int64_t Lines() const {
    const std::string text = out_.str();
    return std::count(text.begin(), text.end(), '\n');
  }

  std::ostringstream out_;
  runtime::Log log_{{}, std::make_shared<spdlog::sinks::ostream_sink_mt>(out_)};
  Complaints complaints_{log_};
  Instant now_{absl::Hours(1)};
};

TEST_F(ComplaintsTest, NothingIsWrong) {
  Update("");
  EXPECT_EQ(complaints_.Text(), "");
  EXPECT_EQ(out_.str(), "");
}

TEST_F(ComplaintsTest, TellsTheBeginAndTheEnd) {
  Update("stuck");
  EXPECT_EQ(complaints_.Text(), "threads: stuck");
  EXPECT_THAT(out_.str(), HasSubstr("warning not ready because_of=threads why=stuck\n"));
  now_ += absl::Seconds(1);
  Update("");
  EXPECT_EQ(complaints_.Text(), "");
  EXPECT_THAT(out_.str(), EndsWith("info ready again because_of=threads\n"));
}

TEST_F(ComplaintsTest, WhatLastsIsToldOnceAMinute) {
  for (int i = 0; i < 150; ++i, now_ += absl::Seconds(1)) Update("stuck");
  EXPECT_EQ(Lines(), 3);
}

TEST_F(ComplaintsTest, WhatComesAndGoesIsToldSeldom) {
  for (int i = 0; i < 200; ++i, now_ += absl::Milliseconds(50)) Update(i % 2 == 0 ? "full" : "");
  EXPECT_EQ(Lines(), 2) << "ten seconds: one pair";
  EXPECT_EQ(complaints_.Text(), "");
  Update("full");
  EXPECT_EQ(complaints_.Text(), "threads: full") << "it holds, told or not";
  EXPECT_EQ(Lines(), 2);
  now_ += absl::Seconds(1);
  Update("full");
  EXPECT_EQ(Lines(), 3);
}

TEST_F(ComplaintsTest, SubjectsAreOneLine) {
  Update("stuck");
  complaints_.Update("descriptors", "none", now_);
  EXPECT_EQ(complaints_.Text(), "descriptors: none; threads: stuck");
}

}  // namespace
}  // namespace sluice::server
