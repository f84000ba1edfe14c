// SPDX-License-Identifier: Apache-2.0
#include "gateway/server/library_lines.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <spdlog/sinks/ostream_sink.h>

#include <algorithm>
#include <memory>
#include <sstream>
#include <string>

namespace sluice::server {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using Level = control::LibraryLine::Level;

class LibraryLinesTest : public testing::Test {
 protected:
  void Say(absl::Time now, Level level = Level::kWarning) {
    lines_.Take({level, "grpc", "tcp.cc", 7, "odd\nthing"}, now);
  }
  int64_t Count() const {
    const std::string text = out_.str();
    return std::count(text.begin(), text.end(), '\n');
  }

  std::ostringstream out_;
  runtime::Log log_{{}, std::make_shared<spdlog::sinks::ostream_sink_mt>(out_)};
  LibraryLines lines_{log_};
  const absl::Time begin_ = absl::FromUnixSeconds(1000);
};

TEST_F(LibraryLinesTest, AreLinesOfTheLog) {
  Say(begin_);
  EXPECT_THAT(out_.str(),
              HasSubstr(R"(warning library library=grpc place=tcp.cc:7 says="odd\u00)"));
  EXPECT_EQ(Count(), 1);
}

TEST_F(LibraryLinesTest, TheLogsLevelHolds) {
  Say(begin_, Level::kDebug);
  EXPECT_EQ(out_.str(), "");
}

TEST_F(LibraryLinesTest, SoManyASecondAndTheRestIsCounted) {
  for (int i = 0; i < LibraryLines::kPerSecond + 20; ++i) Say(begin_);
  EXPECT_EQ(Count(), LibraryLines::kPerSecond);
  EXPECT_THAT(out_.str(), Not(HasSubstr("left out")));
  Say(begin_ + absl::Seconds(1));
  EXPECT_EQ(Count(), LibraryLines::kPerSecond + 2);
  EXPECT_THAT(out_.str(), HasSubstr("library lines left out lines=20\n"));
}

TEST_F(LibraryLinesTest, AClockThatIsSetBackDoesNotSilenceThem) {
  for (int i = 0; i < LibraryLines::kPerSecond + 1; ++i) Say(begin_);
  Say(begin_ - absl::Hours(1));
  EXPECT_THAT(out_.str(), HasSubstr("library lines left out lines=1\n"));
}

}  // namespace
}  // namespace sluice::server
