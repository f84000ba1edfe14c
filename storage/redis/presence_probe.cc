// SPDX-License-Identifier: Apache-2.0
#include "storage/redis/presence_probe.h"

namespace sluice::storage::redis {

void PresenceProbe::Visit(metrics::Visitor& visitor) const {
  visitor.Count("presence_claimed_again_total",
                "Connections claimed again, because the store may have lost them.", {},
                claimed_again.value());
  visitor.Count("presence_lost_total", "Connections whose id another one has by now.", {},
                lost.value());
  visitor.Count("presence_disputed_total",
                "Claims that the store did not answer, so that all nodes claimed their ids again.",
                {}, disputed.value());
  visitor.Count("presence_missed_total",
                "Times that changes of members may be missing; they are read again.", {},
                missed.value());
  visitor.Count("presence_lists_failed_total", "Lists of members that the store did not give.", {},
                lists_failed.value());
  visitor.Count("nodes_died_total", "Other nodes that this one has seen die.", {},
                nodes_died.value());
  visitor.Count("nodes_evicted_total", "Times that this node was taken for dead.", {},
                evicted.value());
  visitor.Count("nodes_forgotten_total", "Times that the store had lost all nodes.", {},
                forgotten.value());
  visitor.Level("presence_unclaimed", "Connections that are not claimed again yet.", {},
                static_cast<double>(unclaimed.value()));
}

}  // namespace sluice::storage::redis
