// SPDX-License-Identifier: Apache-2.0
#include "tests/bench/accounting.h"

#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <sstream>

#include "tests/bench/fail.h"

namespace sluice::bench {
namespace {

double Seconds(clockid_t clock) {
  timespec time = {};
  if (clock_gettime(clock, &time) != 0) FailErrno("clock_gettime");
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

}  // namespace

double CpuSeconds(pid_t pid) {
  clockid_t clock = 0;
  if (clock_getcpuclockid(pid, &clock) != 0) Fail("a measured process is gone");
  return Seconds(clock);
}

double WallSeconds() { return Seconds(CLOCK_MONOTONIC); }

int Cores() { return static_cast<int>(sysconf(_SC_NPROCESSORS_ONLN)); }

double IdleSeconds() {
  std::ifstream file("/proc/stat");
  std::string word;
  uint64_t user = 0, nice = 0, system = 0, idle = 0, waiting = 0;
  file >> word >> user >> nice >> system >> idle >> waiting;
  return static_cast<double>(idle + waiting) / static_cast<double>(sysconf(_SC_CLK_TCK));
}

double Load() {
  double load = 0;
  std::ifstream("/proc/loadavg") >> load;
  return load;
}

uint64_t ParseKilobytes(const std::string& text, const std::string& name) {
  std::istringstream lines(text);
  std::string line;
  while (std::getline(lines, line)) {
    if (line.compare(0, name.size() + 1, name + ":") != 0) continue;
    return std::stoull(line.substr(name.size() + 1)) * 1024;
  }
  return 0;
}

Memory MemoryOf(pid_t pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/smaps_rollup");
  std::stringstream text;
  text << file.rdbuf();
  Memory memory{ParseKilobytes(text.str(), "Rss"), ParseKilobytes(text.str(), "Anonymous")};
  if (memory.rss_bytes == 0) Fail("no memory accounting in /proc");
  return memory;
}

double Usage::others() const {
  return std::max(0.0, Cores() - (server_cpu + generator_cpu + idle) / seconds);
}

Stopwatch::Stopwatch(pid_t server)
    : server_(server),
      wall_(WallSeconds()),
      server_cpu_(CpuSeconds(server)),
      own_cpu_(CpuSeconds(getpid())),
      idle_(IdleSeconds()) {}

Usage Stopwatch::Stop() const {
  Usage usage;
  usage.server_cpu = CpuSeconds(server_) - server_cpu_;
  usage.generator_cpu = CpuSeconds(getpid()) - own_cpu_;
  usage.seconds = WallSeconds() - wall_;
  usage.idle = IdleSeconds() - idle_;
  return usage;
}

}  // namespace sluice::bench
