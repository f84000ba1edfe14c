// SPDX-License-Identifier: Apache-2.0
#include "tests/bench/scenarios.h"

#include <unistd.h>

#include <algorithm>

#include "tests/bench/callers.h"
#include "tests/bench/echo_worker.h"
#include "tests/bench/fail.h"
#include "tests/bench/pace.h"

namespace sluice::bench {
namespace {

constexpr char kEvent[] = "tick";
constexpr double kArrivalSeconds = 20;
constexpr int kGatherMicroseconds = 1000;  // when saturated: large reads
constexpr double kBusy = 0.9;              // of a core
constexpr double kOnTime = 0.98;           // of the rate that was wanted
constexpr uint64_t kLagMax = 256;          // messages that may be on their way to the clients

std::string BodyOf(size_t bytes) { return R"([")" + std::string(bytes - 4, 'x') + R"("])"; }

// The bytes of JSON text that make the whole message as long as it is to be. Asks a client.
std::string FittingBody(const Gateway& gateway) {
  constexpr size_t kGuess = 10;
  constexpr char kAside[] = "calibration";
  Descriptor socket = Connect(gateway.clients());
  WriteAll(socket.get(), UpgradeRequest(std::string("/") + kAside));
  ReadHead(socket.get(), "HTTP/1.1 101");
  Backend backend(gateway.control(), kAside, 1);
  backend.set_message(kEvent, BodyOf(kGuess));
  backend.Begin();
  backend.AwaitAll();
  size_t around = ReadFrame(socket.get()).size() - kGuess;
  if (around + kGuess > kMessageBytes) Fail("a message's envelope is too long");
  return BodyOf(kMessageBytes - around);
}

}  // namespace

Run Median(std::vector<Run> runs) {
  std::sort(runs.begin(), runs.end(),
            [](const Run& a, const Run& b) { return a.server_us() < b.server_us(); });
  return runs[runs.size() / 2];
}

std::string LimitOf(const Run& run) {
  const Usage& usage = run.usage;
  if (run.wanted > 0 && run.per_second() >= kOnTime * run.wanted) return "the pace";
  if (usage.server_cpu / usage.seconds > kBusy * run.server_threads) return "the server";
  if (usage.idle / usage.seconds > (1 - kBusy) * Cores()) return "round trips";
  return usage.server_cpu > usage.generator_cpu ? "cores, the server has most of them"
                                                : "cores, the generator has most of them";
}

Footprint FootprintOf(const Memory& before, const Memory& after, size_t connections) {
  auto each = [connections](uint64_t from, uint64_t to) {
    return (static_cast<double>(to) - static_cast<double>(from)) / 1024 /
           static_cast<double>(connections);
  };
  return {connections, each(before.rss_bytes, after.rss_bytes),
          each(before.anonymous_bytes, after.anonymous_bytes)};
}

Audience::Audience(const Gateway& gateway, size_t clients, int shards)
    : gateway_(gateway),
      shards_(shards),
      swarm_(gateway.clients(), kTarget, clients),
      backend_(gateway.control(), kSpace, clients) {}

Run Audience::Broadcast(double rate, size_t in_flight, double seconds) {
  if (sent_ == 0) backend_.set_message(kEvent, FittingBody(gateway_));
  swarm_.set_pause(rate > 0 ? 0 : kGatherMicroseconds);
  Run run;
  run.wanted = rate * static_cast<double>(swarm_.size());
  run.server_threads = shards_;
  double flushes = gateway_.Metric("sluice_edge_flushes_total");
  double encodings = gateway_.Metric("sluice_message_encodings_total");
  uint64_t before = sent_;
  Stopwatch watch(gateway_.pid());
  for (Pace pace(rate, seconds); pace.Next(); ++sent_) {
    backend_.AwaitBelow(in_flight, [this] {
      return swarm_.total() + kLagMax * kFrameBytes * swarm_.size() >=
             sent_ * kFrameBytes * swarm_.size();
    });
    backend_.Begin();
  }
  backend_.AwaitAll();
  if (!swarm_.AwaitEach(sent_ * kFrameBytes, kArrivalSeconds)) {
    Fail("a client did not get exactly what was sent to it");
  }
  run.usage = watch.Stop();
  run.messages = sent_ - before;
  run.deliveries = run.messages * swarm_.size();
  run.flushes = gateway_.Metric("sluice_edge_flushes_total") - flushes;
  run.encodings = gateway_.Metric("sluice_message_encodings_total") - encodings;
  if (run.encodings != static_cast<double>(run.messages)) Fail("a message was encoded twice");
  return run;
}

Run BroadcastRaw(Yardstick& yardstick, Swarm& swarm, double rate, uint32_t frames, double seconds) {
  swarm.set_pause(rate > 0 ? 0 : kGatherMicroseconds);
  Run run;
  run.wanted = rate * static_cast<double>(swarm.size());
  uint64_t before = swarm.total();
  Stopwatch watch(yardstick.pid());
  uint64_t rounds = yardstick.Broadcast(rate, frames, seconds);
  uint64_t each = before / swarm.size() + rounds * frames * kFrameBytes;
  if (!swarm.AwaitEach(each, kArrivalSeconds)) Fail("the yardstick lost something");
  run.usage = watch.Stop();
  run.messages = rounds * frames;
  run.deliveries = run.messages * swarm.size();
  run.flushes = static_cast<double>(rounds * swarm.size());
  return run;
}

Run Call(const Gateway& gateway, size_t clients, int shards, double seconds) {
  EchoWorker worker(gateway.control(), kSpace);
  Callers callers(gateway.clients(), kTarget, clients);
  Run run;
  run.server_threads = shards;
  Stopwatch watch(gateway.pid());
  run.deliveries = run.messages = callers.Call(seconds);
  run.usage = watch.Stop();
  return run;
}

}  // namespace sluice::bench
