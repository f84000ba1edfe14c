// SPDX-License-Identifier: Apache-2.0
#include "tests/bench/report.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <ostream>

#include "absl/strings/str_format.h"

namespace sluice::bench {
namespace {

using nlohmann::json;

// The prototype of this design, on a machine where one raw send() cost 3.2 us.
constexpr double kRawUs = 3.2;
constexpr double kPacedUs = 3.5;
constexpr double kSaturatedUs = 0.18;
constexpr double kConnectionKib = 6;
// What the kernel does for a send() depends on who else runs, by a factor of three.
constexpr double kOthersMax = 0.2;

double Others(const Results& all) {
  return std::max(
      {all.raw_paced.usage.others(), all.paced.usage.others(), all.saturated.usage.others()});
}

std::string CoresOf(const Run& run) {
  const Usage& usage = run.usage;
  return absl::StrFormat("%.2f + %.2f + %.2f", usage.server_cpu / usage.seconds,
                         usage.generator_cpu / usage.seconds, usage.others());
}

std::string BroadcastRow(const std::string& what, const Run& run, const Results& all) {
  return absl::StrFormat(
      "| %s | %.0f | %.3f us | %.3f | %.1f | %s | %s |\n", what, run.per_second(), run.server_us(),
      run.server_us() / all.raw_paced.server_us(),
      static_cast<double>(run.deliveries) / run.flushes, CoresOf(run), LimitOf(run));
}

std::string Broadcasts(const Results& all) {
  std::string rate = absl::StrFormat("%.0f messages/s", all.rate);
  return "| broadcast | deliveries/s | server CPU a delivery | in raw sends | deliveries a write | "
         "cores: server + generator + others | limit |\n|---|---|---|---|---|---|---|\n" +
         BroadcastRow("raw send(), " + rate, all.raw_paced, all) +
         BroadcastRow("gateway, " + rate, all.paced, all) +
         BroadcastRow("raw send(), as many frames a write", all.raw_gathered, all) +
         BroadcastRow("gateway, saturated", all.saturated, all);
}

std::string Calls(const Results& all) {
  std::string text =
      "| calls to a worker | calls/s | gateway CPU a call | cores: gateway + clients and worker + "
      "others | "
      "limit |\n|---|---|---|---|---|\n";
  for (const auto& [in_flight, run] : all.calls) {
    text += absl::StrFormat("| %d in flight | %.0f | %.1f us | %s | %s |\n", in_flight,
                            run.per_second(), run.server_us(), CoresOf(run), LimitOf(run));
  }
  return text;
}

std::string MemoryTable(const Results& all) {
  std::string text = "| memory a joined connection | RSS | of it anonymous |\n|---|---|---|\n";
  for (const auto& [what, footprint, judged] : all.memory) {
    text += absl::StrFormat("| %d connections, %s | %.2f KiB | %.2f KiB |\n", footprint.connections,
                            what, footprint.rss_kib, footprint.anonymous_kib);
  }
  return text;
}

json ToJson(const Run& run) {
  return {{"seconds", run.usage.seconds},
          {"messages", run.messages},
          {"deliveries", run.deliveries},
          {"per_second", run.per_second()},
          {"server_us", run.server_us()},
          {"server_cpu_seconds", run.usage.server_cpu},
          {"generator_cpu_seconds", run.usage.generator_cpu},
          {"idle_seconds", run.usage.idle},
          {"others_cores", run.usage.others()},
          {"flushes", run.flushes},
          {"encodings", run.encodings}};
}

}  // namespace

std::vector<Goal> GoalsOf(const Results& results, double tolerance) {
  double raw = results.raw_paced.server_us();
  std::vector<Goal> goals = {
      {"a delivery, paced, in raw sends", kPacedUs / kRawUs * (1 + tolerance),
       results.paced.server_us() / raw},
      {"a delivery, saturated, in raw sends", kSaturatedUs / kRawUs * (1 + tolerance),
       results.saturated.server_us() / raw},
  };
  for (const auto& [what, footprint, judged] : results.memory) {
    if (!judged) continue;
    goals.push_back({absl::StrFormat("KiB a connection of %d, %s", footprint.connections, what),
                     kConnectionKib, footprint.rss_kib});
  }
  return goals;
}

void PrintMarkdown(const Results& results, const std::vector<Goal>& goals, std::ostream& out) {
  out << absl::StrFormat(
             "\n%d connections, messages of %d bytes, %d cores (load before: %.2f), %d shards; "
             "medians of %d runs of %.0f s.\n\n",
             results.connections, kMessageBytes, Cores(), results.load_before, results.shards,
             results.repeats, results.seconds)
      << Broadcasts(results) << "\n"
      << Calls(results) << "\n"
      << MemoryTable(results) << "\n| goal | at most | measured | |\n|---|---|---|---|\n";
  for (const Goal& goal : goals) {
    out << absl::StrFormat("| %s | %.3f | %.3f | %s |\n", goal.what, goal.most, goal.measured,
                           goal.met() ? "met" : "missed");
  }
  if (Others(results) > kOthersMax) {
    out << absl::StrFormat("\nOther processes had %.1f cores: measure again on a quiet machine.\n",
                           Others(results));
  }
  out << std::flush;
}

json ToJson(const Results& results, const std::vector<Goal>& goals) {
  json all = {{"connections", results.connections},
              {"message_bytes", kMessageBytes},
              {"cores", Cores()},
              {"load_before", results.load_before},
              {"shards", results.shards},
              {"raw_paced", ToJson(results.raw_paced)},
              {"raw_gathered", ToJson(results.raw_gathered)},
              {"paced", ToJson(results.paced)},
              {"saturated", ToJson(results.saturated)},
              {"calls", json::array()},
              {"memory", json::array()},
              {"goals", json::array()}};
  for (const auto& [in_flight, run] : results.calls) {
    all["calls"].push_back({{"in_flight", in_flight}, {"run", ToJson(run)}});
  }
  for (const auto& [what, footprint, judged] : results.memory) {
    all["memory"].push_back({{"what", what},
                             {"connections", footprint.connections},
                             {"rss_kib", footprint.rss_kib},
                             {"anonymous_kib", footprint.anonymous_kib}});
  }
  for (const Goal& goal : goals) {
    all["goals"].push_back({{"what", goal.what},
                            {"at_most", goal.most},
                            {"measured", goal.measured},
                            {"met", goal.met()}});
  }
  return all;
}

}  // namespace sluice::bench
