// SPDX-License-Identifier: Apache-2.0
#include "metrics/process.h"

#include <sys/resource.h>
#include <unistd.h>

#include <cstddef>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

namespace sluice::metrics {
namespace {

std::string ReadAll(const char* path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

// /proc/self/stat, fields numbered from 1 as in proc(5).
class Stat {
 public:
  // The second field is the program's name in parentheses, which may hold
  // anything; so the count begins behind it, with the third.
  Stat() {
    std::string text = ReadAll("/proc/self/stat");
    size_t name_end = text.rfind(')');
    if (name_end == std::string::npos) return;
    text.erase(0, name_end + 1);
    fields_ = absl::StrSplit(text, ' ', absl::SkipEmpty());
  }

  std::optional<double> Field(size_t number) const {
    double value = 0;
    if (number - 3 >= fields_.size() || !absl::SimpleAtod(fields_[number - 3], &value)) return {};
    return value;
  }

 private:
  std::vector<std::string> fields_;
};

// When the machine booted, in Unix seconds.
std::optional<double> BootTime() {
  const std::string text = ReadAll("/proc/stat");
  for (absl::string_view line : absl::StrSplit(text, '\n')) {
    double value = 0;
    if (absl::ConsumePrefix(&line, "btime ") && absl::SimpleAtod(line, &value)) return value;
  }
  return {};
}

double CpuSeconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

std::optional<double> OpenDescriptors() {
  std::error_code error;
  std::filesystem::directory_iterator open("/proc/self/fd", error);
  if (error) return {};
  // One of them is the directory's own.
  return static_cast<double>(std::distance(open, {}) - 1);
}

std::optional<double> DescriptorLimit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return {};
  return static_cast<double>(limit.rlim_cur);
}

std::optional<double> Times(std::optional<double> value, double factor) {
  return value ? std::optional(*value * factor) : value;
}

std::optional<double> StartTime(const Stat& stat) {
  auto booted = BootTime();
  auto started = Times(stat.Field(22), 1.0 / static_cast<double>(sysconf(_SC_CLK_TCK)));
  return booted && started ? std::optional(*booted + *started) : std::nullopt;
}

}  // namespace

std::vector<ProcessValue> ReadProcess() {
  std::vector<ProcessValue> values;
  auto add = [&values](std::string_view name, std::string_view help, std::optional<double> value,
                       bool counter = false) {
    if (value) values.push_back({name, help, *value, counter});
  };
  const Stat stat;
  const auto page = static_cast<double>(sysconf(_SC_PAGESIZE));
  add("process_cpu_seconds_total", "User and system CPU time spent.", CpuSeconds(), true);
  add("process_resident_memory_bytes", "Memory in RAM.", Times(stat.Field(24), page));
  add("process_virtual_memory_bytes", "Address space.", stat.Field(23));
  add("process_start_time_seconds", "When the process started, Unix time.", StartTime(stat));
  add("process_open_fds", "Open file descriptors.", OpenDescriptors());
  add("process_max_fds", "The most file descriptors that may be open.", DescriptorLimit());
  add("process_threads", "Threads of the process.", stat.Field(20));
  return values;
}

}  // namespace sluice::metrics
