// SPDX-License-Identifier: Apache-2.0
#include "gateway/server/processors.h"

#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <optional>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"

namespace sluice::server {
namespace {

constexpr int kCpusMax = 8192;  // of a machine; the kernel's own bound

std::vector<std::string> ReadLines(const std::string& path) {
  std::vector<std::string> lines;
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) lines.push_back(line);
  return lines;
}

bool HasWord(const std::string& list, const std::string& word) {
  const std::vector<std::string> words = absl::StrSplit(list, ',');
  return std::find(words.begin(), words.end(), word) != words.end();
}

// Where the control groups that bound CPU time are mounted, and which of them is ours.
struct Group {
  bool v2 = false;
  std::string mount;  // /sys/fs/cgroup
  std::string top;    // the group that is mounted there
  std::string path;   // ours
};

// A line of mountinfo (proc(5)): "... ROOT MOUNTPOINT options [tags] - TYPE SOURCE SUPEROPTIONS".
std::optional<Group> ParseMount(const std::string& line) {
  const std::vector<std::string> halves = absl::StrSplit(line, absl::MaxSplits(" - ", 1));
  if (halves.size() != 2) return std::nullopt;
  const std::vector<std::string> where = absl::StrSplit(halves[0], ' ');
  const std::vector<std::string> what = absl::StrSplit(halves[1], ' ');
  if (where.size() < 5 || what.size() < 3) return std::nullopt;
  const bool v2 = what[0] == "cgroup2";
  if (!v2 && (what[0] != "cgroup" || !HasWord(what[2], "cpu"))) return std::nullopt;
  return Group{v2, where[4], where[3], ""};
}

// A line of /proc/self/cgroup (cgroups(7)): "ID:CONTROLLERS:PATH"; v2 is "0::PATH".
bool FindPath(const std::vector<std::string>& lines, Group& group) {
  for (const std::string& line : lines) {
    const std::vector<std::string> parts = absl::StrSplit(line, absl::MaxSplits(':', 2));
    if (parts.size() != 3) continue;
    const bool ours = group.v2 ? parts[0] == "0" && parts[1].empty() : HasWord(parts[1], "cpu");
    if (!ours) continue;
    group.path = parts[2];
    return true;
  }
  return false;
}

std::optional<double> Quota(const std::string& limit, const std::string& period) {
  double microseconds = 0;
  double each = 0;
  if (!absl::SimpleAtod(limit, &microseconds) || !absl::SimpleAtod(period, &each)) return {};
  if (microseconds <= 0 || each <= 0) return {};
  return microseconds / each;
}

std::string FirstLine(const std::string& path) {
  const std::vector<std::string> lines = ReadLines(path);
  return lines.empty() ? "" : lines[0];
}

// "max" and -1 are no numbers, or none above 0: no quota.
std::optional<double> QuotaIn(const std::string& folder, bool v2) {
  if (!v2) {
    return Quota(FirstLine(folder + "/cpu.cfs_quota_us"), FirstLine(folder + "/cpu.cfs_period_us"));
  }
  const std::vector<std::string> words =
      absl::StrSplit(FirstLine(folder + "/cpu.max"), ' ', absl::SkipEmpty());
  return words.size() == 2 ? Quota(words[0], words[1]) : std::nullopt;
}

// Of our group and of all above it, up to what is mounted: the least one holds.
double LeastQuota(const std::string& root, const Group& group) {
  std::string below = group.path;
  if (group.top != "/" && absl::StartsWith(below, group.top)) below.erase(0, group.top.size());
  double least = 0;
  for (;;) {
    while (absl::EndsWith(below, "/")) below.pop_back();
    if (auto quota = QuotaIn(root + group.mount + below, group.v2)) {
      least = least == 0 ? *quota : std::min(least, *quota);
    }
    const size_t slash = below.rfind('/');
    if (slash == std::string::npos) return least;
    below.resize(slash);
  }
}

uint32_t Affinity() {
  cpu_set_t* set = CPU_ALLOC(kCpusMax);
  const size_t size = CPU_ALLOC_SIZE(kCpusMax);
  CPU_ZERO_S(size, set);
  const int count = sched_getaffinity(0, size, set) == 0 ? CPU_COUNT_S(size, set) : 0;
  CPU_FREE(set);
  return static_cast<uint32_t>(count);
}

}  // namespace

uint32_t Processors::granted() const {
  uint32_t count = std::min(cores, affinity);
  if (quota > 0) count = std::min(count, static_cast<uint32_t>(std::ceil(quota)));
  return std::max(count, 1u);
}

double ReadQuota(const std::string& root) {
  const std::vector<std::string> paths = ReadLines(root + "/proc/self/cgroup");
  double least = 0;
  for (const std::string& line : ReadLines(root + "/proc/self/mountinfo")) {
    std::optional<Group> group = ParseMount(line);
    if (!group || !FindPath(paths, *group)) continue;
    const double quota = LeastQuota(root, *group);
    if (quota > 0) least = least == 0 ? quota : std::min(least, quota);
  }
  return least;
}

Processors ReadProcessors(const std::string& root) {
  const auto cores = static_cast<uint32_t>(std::max(sysconf(_SC_NPROCESSORS_ONLN), 1L));
  const uint32_t affinity = Affinity();
  return {cores, affinity > 0 ? affinity : cores, ReadQuota(root)};
}

}  // namespace sluice::server
