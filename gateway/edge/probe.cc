// SPDX-License-Identifier: Apache-2.0
#include "gateway/edge/probe.h"

namespace sluice::edge {
namespace {

void VisitBytes(const EdgeProbe& p, metrics::Visitor& v) {
  v.Count("edge_bytes_in_total", "Bytes read from clients.", {}, p.bytes_in.value());
  v.Count("edge_bytes_out_total", "Bytes written to clients.", {}, p.bytes_out.value());
  v.Count("edge_flushes_total", "Gathered writes to clients; few bytes each mean little to gather.",
          {}, p.flushes.value());
  v.Count("edge_would_block_total", "Writes that had to wait: the network or the client is slow.",
          {}, p.would_block.value());
  v.Count("edge_reads_delayed_total", "Reads that had to wait because a client sends too fast.",
          {{"reason", "bytes"}}, p.reads_delayed_by_bytes.value());
  v.Count("edge_reads_delayed_total", "Reads that had to wait because a client sends too fast.",
          {{"reason", "frames"}}, p.reads_delayed_by_frames.value());
  v.Count("edge_read_ahead_full_total",
          "Times that a client whose messages have to wait was not read on.", {},
          p.read_ahead_full.value());
  v.Distribution("edge_flush_bytes", "Bytes of one gathered write.", {}, p.flush_bytes);
  v.Distribution("edge_flush_delay_seconds",
                 "From the first byte put into an outbox to its flush; a rise means busy shards.",
                 {}, p.flush_delay_seconds);
}

void VisitHandshakes(const EdgeProbe& p, metrics::Visitor& v) {
  for (int i = 0; i < kRefusalCount; ++i) {
    v.Count("edge_handshakes_refused_total", "Requests answered with an HTTP error, by reason.",
            {{"reason", LabelOf(static_cast<Refusal>(i))}}, p.refused[i].value());
  }
  v.Count("edge_handshakes_abandoned_total", "Clients gone before their upgrade was done.", {},
          p.abandoned.value());
  v.Count("edge_upgrades_total", "Requests that became WebSockets.", {}, p.upgraded.value());
  v.Count("edge_subprotocols_unknown_total",
          "Upgrades that offered subprotocols of which none was accepted; browsers then leave.", {},
          p.subprotocols_unknown.value());
  v.Count("edge_tls_failures_total", "TLS handshakes that failed.", {}, p.tls_failures.value());
  v.Distribution("edge_handshake_seconds", "From accept to 101.", {}, p.handshake_seconds);
  v.Count("edge_accept_errors_total", "accept() failures; a rise means too few descriptors.", {},
          p.accept_errors.value());
  v.Count("edge_accept_pauses_total", "Times that accepting paused after a failure.", {},
          p.accept_pauses.value());
  v.Count("edge_refusals_cut_total", "Connections over every limit, closed without an answer.", {},
          p.refusals_cut.value());
}

void VisitConnections(const EdgeProbe& p, metrics::Visitor& v) {
  v.Level("edge_open_sockets", "Client sockets held.", {},
          static_cast<double>(p.open_sockets.value()));
  auto violation = [&v](std::string_view reason, const metrics::Counter& counter) {
    v.Count("edge_violations_total", "Connections closed for what they sent, by reason.",
            {{"reason", reason}}, counter.value());
  };
  violation("message_too_big", p.message_too_big);
  violation("bad_utf8", p.bad_utf8);
  violation("protocol", p.protocol_errors);
  violation("message_timeout", p.message_timeouts);
  violation("unfinished_bytes", p.unfinished_full);
  violation("pong_overflow", p.pong_overflows);
  v.Count("edge_close_timeouts_total", "Endings cut off at --close-timeout.", {},
          p.close_timeouts.value());
}

}  // namespace

void EdgeProbes::Visit(metrics::Visitor& visitor) const {
  for (const EdgeProbe* probe : probes_) {
    VisitBytes(*probe, visitor);
    VisitHandshakes(*probe, visitor);
    VisitConnections(*probe, visitor);
  }
}

}  // namespace sluice::edge
