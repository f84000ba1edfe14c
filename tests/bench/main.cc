// SPDX-License-Identifier: Apache-2.0
//
// Measures a gateway on this machine: what a delivery, a call and a connection cost it, by the
// kernel's accounting, beside a server that does nothing but send(). `--help` names the options.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <fstream>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>

#include "tests/bench/accounting.h"
#include "tests/bench/fail.h"
#include "tests/bench/report.h"
#include "tests/bench/scenarios.h"

namespace {

using namespace sluice::bench;  // NOLINT: all of it is the benchmark's

constexpr size_t kDescriptorsSpare = 200;

struct Options {
  std::string gateway = "bazel-bin/gateway/sluice";
  std::vector<std::string> flags;
  std::string json_file;
  size_t connections = 1000;
  size_t many = 10000;
  double rate = 200;
  size_t in_flight = 64;
  double seconds = 5;
  size_t repeats = 3;
  int shards = 0;
  bool check = false;
  double tolerance = 0.15;
};

void Declare(CLI::App& app, Options& options) {
  app.add_option("--gateway", options.gateway, "the binary")->capture_default_str();
  app.add_option("--flag", options.flags, "one more flag for the gateway; may be repeated");
  app.add_option("--json", options.json_file, "file for the results");
  app.add_option("--connections", options.connections, "clients")->capture_default_str();
  app.add_option("--many", options.many, "clients of the second look at memory; 0: none")
      ->capture_default_str();
  app.add_option("--rate", options.rate, "messages a second, paced")->capture_default_str();
  app.add_option("--in-flight", options.in_flight, "unanswered sends, saturated")
      ->capture_default_str();
  app.add_option("--seconds", options.seconds, "of each run")->capture_default_str();
  app.add_option("--repeats", options.repeats, "runs of each kind")->capture_default_str();
  app.add_option("--shards", options.shards, "threads of the gateway; 0: one a core")
      ->capture_default_str();
  app.add_flag("--check", options.check, "end with 3 if a goal is missed");
  app.add_option("--tolerance", options.tolerance, "of the costs, as a share")
      ->capture_default_str();
}

constexpr size_t kWarmConnections = 10;
constexpr double kWarmSeconds = 1;

// A gateway that has allocated what it has whoever is connected: what follows is the connections'.
std::unique_ptr<Gateway> Start(const Options& options) {
  std::vector<std::string> flags = options.flags;
  flags.push_back("--shards=" + std::to_string(options.shards));
  auto gateway = std::make_unique<Gateway>(options.gateway, flags);
  Audience(*gateway, kWarmConnections, options.shards)
      .Broadcast(0, options.in_flight, kWarmSeconds);
  return gateway;
}

void Say(const std::string& what) { std::cerr << "bench: " << what << std::endl; }

// The server that only sends, and the gateway, in turns, so that both see the same machine.
void MeasureBroadcasts(const Options& options, Yardstick& yardstick, Swarm& raw, Audience& audience,
                       Results& results) {
  std::vector<Run> raw_paced, paced, saturated, raw_gathered;
  for (size_t i = 0; i < options.repeats; ++i) {
    Say("paced broadcasts");
    raw_paced.push_back(BroadcastRaw(yardstick, raw, options.rate, 1, options.seconds));
    paced.push_back(audience.Broadcast(options.rate, options.in_flight, options.seconds));
  }
  for (size_t i = 0; i < options.repeats; ++i) {
    Say("saturated broadcasts");
    saturated.push_back(audience.Broadcast(0, options.in_flight, options.seconds));
    double a_write = static_cast<double>(saturated.back().deliveries) / saturated.back().flushes;
    auto frames = static_cast<uint32_t>(std::max(1.0, std::round(a_write)));
    raw_gathered.push_back(BroadcastRaw(yardstick, raw, 0, frames, options.seconds));
  }
  results.raw_paced = Median(raw_paced);
  results.paced = Median(paced);
  results.saturated = Median(saturated);
  results.raw_gathered = Median(raw_gathered);
}

void MeasureCalls(const Options& options, const Gateway& gateway, Results& results) {
  for (size_t in_flight : {size_t{64}, size_t{1}}) {
    Say("calls");
    std::vector<Run> runs;
    for (size_t i = 0; i < options.repeats; ++i) {
      runs.push_back(Call(gateway, in_flight, options.shards, options.seconds));
    }
    results.calls.push_back({in_flight, Median(runs)});
  }
}

void MeasureOne(const Options& options, Yardstick& yardstick, Results& results) {
  auto gateway = Start(options);
  Memory empty = MemoryOf(gateway->pid());
  Audience audience(*gateway, options.connections, options.shards);
  auto note = [&](const std::string& what, bool judged) {
    Memory now = MemoryOf(gateway->pid());
    results.memory.push_back({what, FootprintOf(empty, now, options.connections), judged});
  };
  note("idle", true);
  Swarm raw(yardstick.address(), "/", options.connections);
  MeasureBroadcasts(options, yardstick, raw, audience, results);
  note("after the broadcasts", false);
  MeasureCalls(options, *gateway, results);
}

void MeasureMany(const Options& options, Results& results) {
  Say("many connections");
  auto gateway = Start(options);
  Memory empty = MemoryOf(gateway->pid());
  Audience audience(*gateway, options.many, options.shards);
  Memory full = MemoryOf(gateway->pid());
  results.memory.push_back({"idle", FootprintOf(empty, full, options.many)});
}

// A gateway's descriptors are as many as ours.
size_t Fitting(size_t wanted, size_t limit) {
  if (wanted + kDescriptorsSpare <= limit) return wanted;
  Say("only " + std::to_string(limit) + " descriptors are allowed");
  return limit - kDescriptorsSpare;
}

Results Measure(Options options) {
  size_t limit = RaiseDescriptorLimit();
  options.connections = Fitting(2 * options.connections, limit) / 2;
  options.many = Fitting(options.many, limit);
  if (options.shards == 0) options.shards = Cores();
  Yardstick yardstick(kFrameBytes);
  Results results;
  results.connections = options.connections;
  results.shards = options.shards;
  results.rate = options.rate;
  results.seconds = options.seconds;
  results.repeats = options.repeats;
  results.load_before = Load();
  MeasureOne(options, yardstick, results);
  if (options.many > 0) MeasureMany(options, results);
  return results;
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  CLI::App app("Measures a gateway on this machine");
  Declare(app, options);
  CLI11_PARSE(app, argc, argv);

  Results results = Measure(options);
  std::vector<Goal> goals = GoalsOf(results, options.tolerance);
  PrintMarkdown(results, goals, std::cout);
  if (!options.json_file.empty()) {
    std::ofstream(options.json_file) << ToJson(results, goals).dump(2) << "\n";
  }
  bool met = std::all_of(goals.begin(), goals.end(), [](const Goal& goal) { return goal.met(); });
  return options.check && !met ? 3 : 0;
}
