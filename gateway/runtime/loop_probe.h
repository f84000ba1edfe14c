// SPDX-License-Identifier: Apache-2.0
//
// What a thread's loop shows of itself to whoever watches it.
#pragma once

#include "metrics/probe.h"

namespace sluice::runtime {

struct LoopProbe {
  metrics::Counter beats;      // one every Loop::kTick while it turns
  metrics::SharedGauge tasks;  // posted, and not run yet
};

}  // namespace sluice::runtime
