// SPDX-License-Identifier: Apache-2.0
//
// What befalls presence on Redis. Any thread.
#pragma once

#include "metrics/probe.h"

namespace sluice::storage::redis {

struct PresenceProbe final : metrics::Source {
  metrics::SharedCounter claimed_again;  // records that were missing in Redis, or are sure by now
  metrics::SharedCounter lost;           // told to OnLost
  metrics::SharedCounter disputed;       // claims that were not answered, and are settled since
  metrics::SharedCounter missed;         // changes of a namespace that is watched may be missing
  metrics::SharedCounter lists_failed;   // of a namespace that is watched: Redis did not say
  metrics::SharedCounter nodes_died;     // that this node has seen dead
  metrics::SharedCounter evicted;        // times that this node was taken for dead
  metrics::SharedCounter forgotten;      // times that Redis had lost all nodes
  metrics::SharedGauge unclaimed;        // records that are not claimed again yet

  void Visit(metrics::Visitor& visitor) const override;
};

}  // namespace sluice::storage::redis
