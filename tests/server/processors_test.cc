// SPDX-License-Identifier: Apache-2.0
#include "gateway/server/processors.h"

#include <gtest/gtest.h>
#include <sched.h>

#include <filesystem>
#include <fstream>
#include <string>

namespace sluice::server {
namespace {

// A machine's /proc and /sys as files.
class ProcessorsTest : public testing::Test {
 protected:
  ProcessorsTest()
      : root_(testing::TempDir() + "/processors." +
              testing::UnitTest::GetInstance()->current_test_info()->name()) {
    std::filesystem::remove_all(root_);
  }
  void Write(const std::string& path, const std::string& text) {
    const std::filesystem::path file = root_ + path;
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file) << text;
  }
  double Quota() { return ReadQuota(root_); }

  const std::string root_;
};

constexpr char kV2Mount[] =
    "24 1 0:22 / /proc rw - proc proc rw\n"
    "31 24 0:27 / /sys/fs/cgroup ro,nosuid shared:4 - cgroup2 cgroup rw,nsdelegate\n";

TEST_F(ProcessorsTest, NoGroupsNoQuota) { EXPECT_EQ(Quota(), 0); }

TEST_F(ProcessorsTest, V2InsideAContainer) {
  Write("/proc/self/mountinfo", kV2Mount);
  Write("/proc/self/cgroup", "0::/\n");
  Write("/sys/fs/cgroup/cpu.max", "200000 100000\n");
  EXPECT_EQ(Quota(), 2);
}

TEST_F(ProcessorsTest, V2TheLeastOfAllGroupsAbove) {
  Write("/proc/self/mountinfo", kV2Mount);
  Write("/proc/self/cgroup", "0::/system.slice/sluice.service/run\n");
  Write("/sys/fs/cgroup/system.slice/cpu.max", "150000 100000\n");
  Write("/sys/fs/cgroup/system.slice/sluice.service/cpu.max", "400000 100000\n");
  Write("/sys/fs/cgroup/system.slice/sluice.service/run/cpu.max", "max 100000\n");
  EXPECT_EQ(Quota(), 1.5);
}

TEST_F(ProcessorsTest, V2WithoutLimit) {
  Write("/proc/self/mountinfo", kV2Mount);
  Write("/proc/self/cgroup", "0::/\n");
  Write("/sys/fs/cgroup/cpu.max", "max 100000\n");
  EXPECT_EQ(Quota(), 0);
}

constexpr char kV1Mount[] =
    "33 32 0:29 /docker/abc /sys/fs/cgroup/cpu,cpuacct ro - cgroup cgroup rw,cpu,cpuacct\n"
    "34 32 0:30 /docker/abc /sys/fs/cgroup/cpuset ro - cgroup cgroup rw,cpuset\n";

TEST_F(ProcessorsTest, V1WhoseMountIsOurGroup) {
  Write("/proc/self/mountinfo", kV1Mount);
  Write("/proc/self/cgroup", "5:cpuset:/docker/abc\n4:cpu,cpuacct:/docker/abc\n");
  Write("/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us", "50000\n");
  Write("/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us", "100000\n");
  EXPECT_EQ(Quota(), 0.5);
}

TEST_F(ProcessorsTest, V1WithoutLimit) {
  Write("/proc/self/mountinfo", kV1Mount);
  Write("/proc/self/cgroup", "4:cpu,cpuacct:/docker/abc\n");
  Write("/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us", "-1\n");
  Write("/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us", "100000\n");
  EXPECT_EQ(Quota(), 0);
}

TEST_F(ProcessorsTest, BothVersionsAtOnce) {
  Write("/proc/self/mountinfo",
        "33 32 0:29 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu\n"
        "35 32 0:31 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n");
  Write("/proc/self/cgroup", "4:cpu:/a\n0::/a\n");
  Write("/sys/fs/cgroup/cpu/a/cpu.cfs_quota_us", "300000\n");
  Write("/sys/fs/cgroup/cpu/a/cpu.cfs_period_us", "100000\n");
  EXPECT_EQ(Quota(), 3);
}

TEST_F(ProcessorsTest, NonsenseIsNoQuota) {
  Write("/proc/self/mountinfo", std::string(kV2Mount) + "x\n - \n1 2 3 - cgroup2\n");
  Write("/proc/self/cgroup", "0::/\n::\nnothing\n");
  for (const char* text : {"", "\n", "100000\n", "0 100000\n", "100000 0\n", "a b\n"}) {
    Write("/sys/fs/cgroup/cpu.max", text);
    EXPECT_EQ(Quota(), 0) << text;
  }
}

TEST(Processors, GrantedIsTheLeast) {
  EXPECT_EQ((Processors{64, 64, 0}.granted()), 64u);
  EXPECT_EQ((Processors{64, 8, 0}.granted()), 8u);
  EXPECT_EQ((Processors{64, 8, 2}.granted()), 2u);
  EXPECT_EQ((Processors{64, 8, 1.2}.granted()), 2u) << "part of a core is a core";
  EXPECT_EQ((Processors{64, 64, 0.1}.granted()), 1u);
  EXPECT_EQ((Processors{0, 0, 0}.granted()), 1u);
}

TEST(Processors, AffinityIsThisThreads) {
  cpu_set_t before;
  ASSERT_EQ(sched_getaffinity(0, sizeof(before), &before), 0);
  cpu_set_t one;
  CPU_ZERO(&one);
  for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
    if (!CPU_ISSET(cpu, &before)) continue;
    CPU_SET(cpu, &one);
    break;
  }
  ASSERT_EQ(sched_setaffinity(0, sizeof(one), &one), 0);
  EXPECT_EQ(ReadProcessors().affinity, 1u);
  EXPECT_EQ(ReadProcessors().granted(), 1u);
  sched_setaffinity(0, sizeof(before), &before);
  EXPECT_EQ(ReadProcessors().affinity, static_cast<uint32_t>(CPU_COUNT(&before)));
}

}  // namespace
}  // namespace sluice::server
