// SPDX-License-Identifier: Apache-2.0
#include "gateway/server/watch.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <spdlog/sinks/ostream_sink.h>
#include <sys/resource.h>
#include <unistd.h>

#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "gateway/runtime/loop_probe.h"
#include "gateway/server/descriptors.h"

namespace sluice::server {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class WatchTest : public testing::Test {
 protected:
  void Tick() { watch_.Tick(now_ += absl::Milliseconds(20)); }

  std::ostringstream out_;
  runtime::Log log_{{}, std::make_shared<spdlog::sinks::ostream_sink_mt>(out_)};
  runtime::LoopProbe loop_;
  runtime::Heartbeats heartbeats_{{.stall_timeout = absl::Seconds(5), .tasks_max = 100}};
  uint64_t refusals_ = 0;
  std::string control_;
  std::vector<bool> told_;
  std::vector<bool> overloads_;
  Watch watch_{{.heartbeats = heartbeats_,
                .descriptors_end = NextDescriptor() + 2,
                .descriptor_refusals = [this] { return refusals_; },
                .control = [this] { return control_; },
                .ready = [this](bool ready) { told_.push_back(ready); },
                .overloaded = [this](bool overloaded) { overloads_.push_back(overloaded); }},
               log_};
  Instant now_{absl::Hours(1)};
};

TEST_F(WatchTest, AllIsWell) {
  Tick();
  EXPECT_EQ(watch_.unreadiness(), "");
  EXPECT_EQ(watch_.sickness(), "");
  EXPECT_THAT(told_, IsEmpty());
}

TEST_F(WatchTest, ClientsHaveUsedUpTheirDescriptors) {
  const int first = open("/dev/null", O_RDONLY);
  Tick();
  EXPECT_EQ(watch_.unreadiness(), "");
  const int second = open("/dev/null", O_RDONLY);
  Tick();
  EXPECT_THAT(watch_.unreadiness(), HasSubstr("descriptors: clients hold all"));
  EXPECT_EQ(watch_.sickness(), "") << "a restart would mend nothing";
  close(first);
  Tick();
  EXPECT_EQ(watch_.unreadiness(), "") << "without anybody having to connect";
  close(second);
  EXPECT_THAT(told_, ElementsAre(false, true));
  EXPECT_THAT(out_.str(), HasSubstr("not ready because_of=descriptors"));
}

TEST_F(WatchTest, SomebodyWasRefusedBetweenTwoLooks) {
  Tick();
  refusals_ = 3;
  Tick();
  EXPECT_THAT(out_.str(), HasSubstr("not ready because_of=descriptors"));
  Tick();
  EXPECT_EQ(watch_.unreadiness(), "");
}

TEST_F(WatchTest, AThreadThatCannotFollowGetsNoMoreWork) {
  heartbeats_.Watch("home", loop_);
  loop_.tasks.Add(100);
  Tick();
  EXPECT_EQ(watch_.unreadiness(), "load: home has 100 tasks waiting");
  EXPECT_EQ(watch_.sickness(), "") << "it may still catch up";
  Tick();
  loop_.tasks.Add(-1);
  Tick();
  EXPECT_EQ(watch_.unreadiness(), "");
  EXPECT_THAT(overloads_, ElementsAre(true, false));
}

TEST_F(WatchTest, TheControlPortDoesNotAccept) {
  control_ = "does not accept";
  Tick();
  EXPECT_EQ(watch_.unreadiness(), "control: does not accept");
  control_.clear();
  Tick();
  EXPECT_EQ(watch_.unreadiness(), "");
  EXPECT_THAT(told_, ElementsAre(false, true));
}

TEST(Descriptors, TheReserveIsAQuarterAtMost) {
  EXPECT_EQ(ReserveOf(1024, 256), 256u);
  EXPECT_EQ(ReserveOf(1'000'000, 256), 256u);
  EXPECT_EQ(ReserveOf(100, 256), 25u);
}

TEST(Descriptors, TheSoftLimitIsRaisedAsFarAsItGoes) {
  rlimit before{};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &before), 0);
  rlimit low = before;
  low.rlim_cur = 100;
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &low), 0);
  const DescriptorLimits limits = RaiseDescriptorLimit();
  EXPECT_EQ(limits.before, 100u);
  EXPECT_EQ(limits.hard, before.rlim_max);
  EXPECT_GT(limits.soft, 100u);
  rlimit after{};
  getrlimit(RLIMIT_NOFILE, &after);
  EXPECT_EQ(after.rlim_cur, limits.soft);
  setrlimit(RLIMIT_NOFILE, &before);
}

TEST(Descriptors, TheNextOneIsTheLowestThatIsFree) {
  const int next = NextDescriptor();
  EXPECT_EQ(NextDescriptor(), next);
  const int taken = open("/dev/null", O_RDONLY);
  EXPECT_EQ(taken, next);
  EXPECT_GT(NextDescriptor(), next);
  close(taken);
}

}  // namespace
}  // namespace sluice::server
