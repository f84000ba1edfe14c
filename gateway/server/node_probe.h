// SPDX-License-Identifier: Apache-2.0
//
// What the node's own thread counts: events and drains.
#pragma once

#include <cstdint>

#include "gateway/hub/drains.h"
#include "gateway/hub/event_log.h"
#include "gateway/hub/subscribers.h"
#include "gateway/server/event_relay.h"
#include "metrics/probe.h"

namespace sluice::server {

class NodeProbe final : public metrics::Source {
 public:
  // Home thread: copies what may be read there alone.
  void Update(const hub::EventLog& events, const EventRelay& relay,
              const hub::Subscribers& subscribers, const hub::Drains& drains);
  void SetDraining(bool draining) { draining_.Set(draining ? 1 : 0); }
  bool draining() const { return draining_.value() != 0; }  // any thread

  void Visit(metrics::Visitor& visitor) const override;

 private:
  metrics::Gauge events_;
  metrics::Gauge events_pending_;
  metrics::Gauge events_dropped_;
  metrics::Gauge publications_dropped_;
  metrics::Gauge drains_running_;
  metrics::Gauge drain_closed_;
  metrics::Gauge draining_;
};

}  // namespace sluice::server
