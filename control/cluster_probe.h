// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "metrics/probe.h"

namespace sluice::control {

// What passes between nodes. Any thread.
struct ClusterProbe {
  metrics::SharedCounter asked;        // requests sent to the other nodes
  metrics::SharedCounter answered;     // requests of other nodes
  metrics::SharedCounter refused;      // of these, not understood
  metrics::SharedCounter unreachable;  // nodes that did not answer in time
  metrics::SharedCounter said;         // what clients said to many, sent to the other nodes
  metrics::SharedCounter unsaid;       // the same, refused by the broker: the others miss it
  metrics::SharedCounter heard;        // what other nodes' clients said to many
  metrics::SharedCounter gaps;         // times that something of it may have been lost

  // WatchEvents over nodes (event_peers.h).
  metrics::SharedCounter ends_unconfirmed;   // nodes whose end was told by --node-end-timeout
  metrics::SharedCounter positions_dropped;  // of nodes that are gone; should they come back

  // Workers across nodes (lending.h).
  metrics::SharedGauge workers_borrowed;    // of other nodes, that offer something here
  metrics::SharedCounter errands_sent;      // invocations sent to workers of other nodes
  metrics::SharedCounter errands_taken;     // those of other nodes that a worker here was given
  metrics::SharedCounter errands_returned;  // those that came back, since nobody could be asked
  metrics::SharedCounter errands_lost;      // those whose answer cannot come any more
  metrics::SharedCounter outcomes_late;     // of those, that nobody waited for any more
  metrics::SharedCounter lending_unsent;    // messages about all that, refused by the broker
  metrics::SharedCounter lending_refused;   // those that came and were not understood
  metrics::SharedCounter offers_refused;    // registrations of other nodes that were not taken
  metrics::SharedCounter forgotten_missed;  // nodes that asked too late what was taken back by name
  metrics::SharedCounter left_behind_dropped;  // registrations of workers that left (left_behind.h)
};

}  // namespace sluice::control
