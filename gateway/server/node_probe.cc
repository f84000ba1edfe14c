// SPDX-License-Identifier: Apache-2.0
#include "gateway/server/node_probe.h"

namespace sluice::server {
namespace {

uint64_t TotalOf(const metrics::Gauge& gauge) { return static_cast<uint64_t>(gauge.value()); }
double LevelOf(const metrics::Gauge& gauge) { return static_cast<double>(gauge.value()); }

}  // namespace

void NodeProbe::Update(const hub::EventLog& events, const EventRelay& relay,
                       const hub::Subscribers& subscribers, const hub::Drains& drains) {
  events_.Set(static_cast<int64_t>(events.position()));
  events_pending_.Set(relay.pending());
  events_dropped_.Set(static_cast<int64_t>(relay.dropped_total()));
  publications_dropped_.Set(static_cast<int64_t>(subscribers.dropped_total()));
  drains_running_.Set(static_cast<int64_t>(drains.running()));
  drain_closed_.Set(static_cast<int64_t>(drains.closed_total()));
}

void NodeProbe::Visit(metrics::Visitor& v) const {
  v.Count("events_total", "Lifecycle events of connections.", {}, TotalOf(events_));
  v.Level("events_pending", "Events on their way to the log. A rise: the home thread is late.", {},
          LevelOf(events_pending_));
  v.Count("events_dropped_total", "Events that found no room on their way (--home-queue-bytes).",
          {}, TotalOf(events_dropped_));
  v.Count("publications_dropped_total",
          "Publications that found no room on their way to subscribers (--home-queue-bytes).", {},
          TotalOf(publications_dropped_));
  v.Level("drains_running", "Drains under way (--drains-max).", {}, LevelOf(drains_running_));
  v.Count("drain_closed_total", "Connections closed by drains.", {}, TotalOf(drain_closed_));
  v.Level("draining", "1 while the node leaves.", {}, LevelOf(draining_));
}

}  // namespace sluice::server
