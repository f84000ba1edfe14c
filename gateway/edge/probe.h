// SPDX-License-Identifier: Apache-2.0
//
// What the edge counts, a probe a shard. Written by the shard's thread alone, read at scrape.
#pragma once

#include <array>
#include <utility>
#include <vector>

#include "gateway/edge/refusal.h"
#include "metrics/probe.h"

namespace sluice::edge {

struct EdgeProbe {
  using Counter = metrics::Counter;
  using Gauge = metrics::Gauge;
  using Histogram = metrics::Histogram;

  Counter bytes_in;   // read from sockets, without TLS's own
  Counter bytes_out;  // written to sockets, without TLS's own
  Counter flushes;    // gathered writes that wrote something
  Counter would_block;
  Counter reads_delayed_by_bytes;   // --bytes-per-second
  Counter reads_delayed_by_frames;  // --frames-per-second
  Counter read_ahead_full;          // --read-ahead-bytes
  Counter accept_errors;
  Counter accept_pauses;
  Counter refusals_cut;  // over --refusals-max: closed without an answer
  Counter tls_failures;
  std::array<Counter, kRefusalCount> refused;
  Counter abandoned;  // gone before the upgrade was done
  Counter upgraded;
  Counter subprotocols_unknown;  // upgraded, but none of those offered was agreed on
  Counter message_too_big;
  Counter bad_utf8;
  Counter protocol_errors;
  Counter message_timeouts;
  Counter unfinished_full;
  Counter pong_overflows;
  Counter close_timeouts;
  Gauge open_sockets;
  Histogram flush_bytes{metrics::kSizeBytes};
  Histogram flush_delay_seconds{metrics::kDelaySeconds};
  Histogram handshake_seconds{metrics::kDelaySeconds};
};

// Shows the probes of all shards.
class EdgeProbes : public metrics::Source {
 public:
  explicit EdgeProbes(std::vector<const EdgeProbe*> probes) : probes_(std::move(probes)) {}
  void Visit(metrics::Visitor& visitor) const override;

 private:
  std::vector<const EdgeProbe*> probes_;
};

}  // namespace sluice::edge
