// SPDX-License-Identifier: Apache-2.0
//
// What passes between nodes over Redis. Any thread.
#pragma once

#include <array>

#include "metrics/probe.h"
#include "storage/redis/envelope.h"

namespace sluice::storage::redis {

struct BrokerProbe final : metrics::Source {
  struct Kinds {
    metrics::SharedCounter asks, replies, told, said;
  };
  Kinds sent;   // given to Redis, each once whatever the number of nodes
  Kinds heard;  // taken
  std::array<metrics::SharedCounter, kDrops> dropped;
  metrics::SharedCounter unpublished;        // sent, but Redis refused or was away
  metrics::SharedCounter cut;                // gaps: a subscription was cut and is heard again
  metrics::SharedCounter missing;            // gaps: a sequence was
  metrics::SharedCounter refused_bytes;      // --cluster-message-bytes
  metrics::SharedCounter refused_queue;      // --cluster-queue-bytes
  metrics::SharedCounter refused_asks;       // --cluster-asks-max
  metrics::SharedCounter replies_too_large;  // --cluster-message-bytes, of replies
  metrics::SharedGauge queued_bytes;         // payloads on their way to Redis
  metrics::SharedGauge asks;                 // that wait for replies

  void Visit(metrics::Visitor& visitor) const override;
};

}  // namespace sluice::storage::redis
