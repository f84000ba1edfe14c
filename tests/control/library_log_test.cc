// SPDX-License-Identifier: Apache-2.0
#include "control/library_log.h"

#include <absl/base/internal/raw_logging.h>
#include <gmock/gmock.h>
#include <google/protobuf/stubs/common.h>
#include <google/protobuf/stubs/logging.h>
#include <grpc/support/log.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace sluice::control {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using Level = LibraryLine::Level;

struct Said {
  explicit Said(const LibraryLine& line)
      : level(line.level), library(line.library), text(line.text), line(line.line) {}
  Level level;
  std::string library;
  std::string text;
  int line;
};

// What the libraries say while `speak` runs, and what goes to stderr nonetheless.
struct Heard {
  explicit Heard(void (*speak)()) {
    testing::internal::CaptureStderr();
    {
      LibraryLog log([this](const LibraryLine& line) { lines.emplace_back(line); });
      speak();
    }
    errors = testing::internal::GetCapturedStderr();
  }
  std::vector<Said> lines;
  std::string errors;
};

TEST(LibraryLog, Grpc) {
  const Heard heard([] { gpr_log(GPR_ERROR, "no %s", "luck"); });
  ASSERT_EQ(heard.lines.size(), 1u);
  EXPECT_EQ(heard.lines[0].library, "grpc");
  EXPECT_EQ(heard.lines[0].text, "no luck");
  EXPECT_EQ(heard.lines[0].level, Level::kWarning);
  EXPECT_EQ(heard.errors, "");
}

TEST(LibraryLog, GrpcSaysErrorsAloneUnlessAsked) {
  const Heard heard([] { gpr_log(GPR_INFO, "chatter"); });
  EXPECT_THAT(heard.lines, IsEmpty());
  EXPECT_EQ(heard.errors, "");
}

TEST(LibraryLog, Protobuf) {
  const Heard heard([] { GOOGLE_LOG(ERROR) << "invalid UTF-8"; });
  ASSERT_EQ(heard.lines.size(), 1u);
  EXPECT_EQ(heard.lines[0].library, "protobuf");
  EXPECT_THAT(heard.lines[0].text, HasSubstr("invalid UTF-8"));
  EXPECT_EQ(heard.errors, "");
}

TEST(LibraryLog, AbslHandsOverWhereButNotWhat) {
  const Heard heard([] { ABSL_RAW_LOG(WARNING, "careful"); });
  ASSERT_EQ(heard.lines.size(), 1u);
  EXPECT_EQ(heard.lines[0].library, "absl");
  EXPECT_GT(heard.lines[0].line, 0);
  EXPECT_EQ(heard.errors, "");
  const Heard internal([] { ABSL_INTERNAL_LOG(ERROR, "as a string"); });
  ASSERT_EQ(internal.lines.size(), 1u);
  EXPECT_EQ(internal.lines[0].text, "as a string");
  EXPECT_EQ(internal.errors, "");
}

TEST(LibraryLog, IsMuteOnceItIsGone) {
  {
    const Heard heard([] {});
  }
  testing::internal::CaptureStderr();
  gpr_log(GPR_ERROR, "late");
  GOOGLE_LOG(ERROR) << "late";
  ABSL_RAW_LOG(ERROR, "late");
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
}

}  // namespace
}  // namespace sluice::control
