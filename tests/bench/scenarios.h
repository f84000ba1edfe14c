// SPDX-License-Identifier: Apache-2.0
//
// What is measured, one function each; and what came out.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tests/bench/accounting.h"
#include "tests/bench/backend.h"
#include "tests/bench/gateway.h"
#include "tests/bench/swarm.h"
#include "tests/bench/yardstick.h"

namespace sluice::bench {

inline constexpr char kSpace[] = "bench";
inline constexpr char kTarget[] = "/bench";

// Deliveries, or calls, and what they cost.
struct Run {
  Usage usage;
  uint64_t messages = 0;  // broadcasts, or calls
  uint64_t deliveries = 0;
  double flushes = 0;    // gathered writes
  double encodings = 0;  // of messages
  double wanted = 0;     // deliveries a second; 0: as many as it takes
  int server_threads = 1;

  double per_second() const { return static_cast<double>(deliveries) / usage.seconds; }
  double server_us() const { return usage.server_cpu * 1e6 / static_cast<double>(deliveries); }
};

// The median by server_us.
Run Median(std::vector<Run> runs);

// Who kept a run from being faster.
std::string LimitOf(const Run& run);

struct Footprint {
  size_t connections = 0;
  double rss_kib = 0;  // a connection
  double anonymous_kib = 0;
};
Footprint FootprintOf(const Memory& before, const Memory& after, size_t connections);

// Clients that are joined to a channel of a gateway, and the backend that sends to it.
class Audience {
 public:
  // `shards`: how many threads the gateway serves them with.
  Audience(const Gateway& gateway, size_t clients, int shards);

  // So many messages a second; 0: as many as it takes, with `in_flight` sends unanswered.
  Run Broadcast(double rate, size_t in_flight, double seconds);

 private:
  const Gateway& gateway_;
  const int shards_;
  Swarm swarm_;
  Backend backend_;
  uint64_t sent_ = 0;
};

// The same by a server that only sends.
Run BroadcastRaw(Yardstick& yardstick, Swarm& swarm, double rate, uint32_t frames, double seconds);

// Calls of clients to a worker, `clients` of them under way at any time.
Run Call(const Gateway& gateway, size_t clients, int shards, double seconds);

// A message of so many bytes, and the frame around it.
inline constexpr size_t kMessageBytes = 100;
inline constexpr size_t kFrameBytes = kMessageBytes + 2;

}  // namespace sluice::bench
