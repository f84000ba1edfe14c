// SPDX-License-Identifier: Apache-2.0
//
// How frames are counted, and how fast one client is read.
#include "gateway/edge/read_pace.h"

#include <gtest/gtest.h>

#include <string>

#include "gateway/edge/frame_counter.h"
#include "tests/edge/raw_client.h"

namespace sluice::edge {
namespace {

std::string Mixed() {
  return ClientFrame(kText, "") + ClientFrame(kText, std::string(200, 'x'), false) +
         ClientFrame(kContinuation, "", false) + ClientFrame(kPing, "p") +
         ClientFrame(kContinuation, std::string(70000, 'y')) + ClientFrame(kPong, "") +
         ClientFrame(kBinary, "z") + ClientFrame(kClose, "");
}
constexpr size_t kSideFrames = 5;

TEST(FrameCounter, CountsWhatBeginsNoMessage) {
  EXPECT_EQ(FrameCounter().Put(Mixed()), kSideFrames);
}

TEST(FrameCounter, TakesThemInAnyPieces) {
  for (size_t size : {1, 2, 3, 7, 64, 1000}) {
    FrameCounter counter;
    size_t count = 0;
    std::string bytes = Mixed();
    for (size_t at = 0; at < bytes.size(); at += size) count += counter.Put(bytes.substr(at, size));
    EXPECT_EQ(count, kSideFrames) << size;
  }
}

TEST(FrameCounter, SurvivesALengthThatNobodyCouldSend) {
  FrameCounter counter;
  EXPECT_EQ(counter.Put(std::string("\x89\xff\xff\xff\xff\xff\xff\xff\xff\xff", 10)), 1u);
  EXPECT_EQ(counter.Put(std::string(1000, '\x89')), 0u);
}

Instant At(double second) { return Instant(absl::Seconds(second)); }

TEST(ReadPace, LetsABurstInAndThenTheRate) {
  ReadPace::Limits limits{1000, 5000, 0, 1};
  ReadPace pace;
  EXPECT_EQ(pace.Charge(limits, std::string(5000, 'x'), At(0)), ReadPace::Cause::kNone);
  EXPECT_EQ(pace.Charge(limits, std::string(500, 'x'), At(0)), ReadPace::Cause::kBytes);
  EXPECT_EQ(pace.resume_at(), At(0.5));
  EXPECT_EQ(pace.Charge(limits, std::string(100, 'x'), At(1)), ReadPace::Cause::kNone);
}

TEST(ReadPace, CountsFramesOnlyBehindTheRequest) {
  ReadPace::Limits limits{0, 1, 10, 20};
  ReadPace pace;
  std::string pings;
  for (int i = 0; i < 25; ++i) pings += ClientFrame(kPing, "");
  EXPECT_EQ(pace.Charge(limits, pings, At(0)), ReadPace::Cause::kNone);
  pace.BeginFrames();
  EXPECT_EQ(pace.Charge(limits, pings, At(0)), ReadPace::Cause::kFrames);
  EXPECT_EQ(pace.resume_at(), At(0.5));
}

TEST(ReadPace, HasNoLimitsIfTold) {
  ReadPace::Limits limits{0, 1, 0, 1};
  ReadPace pace;
  pace.BeginFrames();
  EXPECT_EQ(pace.Charge(limits, std::string(1 << 20, '\x89'), At(0)), ReadPace::Cause::kNone);
}

}  // namespace
}  // namespace sluice::edge
