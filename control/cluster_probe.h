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
};

}  // namespace sluice::control
