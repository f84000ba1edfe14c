// SPDX-License-Identifier: Apache-2.0
//
// Carries the shards' events to the node's log of events, and shows them in the node's own log.
#pragma once

#include <vector>

#include "gateway/hub/event_log.h"
#include "gateway/server/log.h"
#include "gateway/server/refusal_log.h"
#include "metrics/probe.h"
#include "storage/executor.h"

namespace sluice::server {

class EventRelay final : public hub::EventOutlet {
 public:
  // `events` is used on `home` alone. All outlive this, and this outlives the shards.
  EventRelay(hub::EventLog& events, storage::Executor& home, const Log& log, RefusalLog& refusals)
      : events_(events), home_(home), log_(log), refusals_(refusals) {}

  // Any shard's thread. One shard's events keep their order.
  void Publish(std::vector<hub::ConnectionEvent> events) override;

  // Events on their way. A rise means that the home thread cannot follow.
  int64_t pending() const { return pending_.value(); }

 private:
  void Show(const hub::ConnectionEvent& event) const;

  hub::EventLog& events_;
  storage::Executor& home_;
  const Log& log_;
  RefusalLog& refusals_;
  metrics::SharedGauge pending_;
};

}  // namespace sluice::server
