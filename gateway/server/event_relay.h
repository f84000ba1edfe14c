// SPDX-License-Identifier: Apache-2.0
//
// Carries the shards' events to the node's log of events, and shows them in the node's own log.
// What has no room on its way is lost: the newest, which the log of events tells its watchers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "gateway/hub/event_log.h"
#include "gateway/runtime/log.h"
#include "gateway/server/refusal_log.h"
#include "metrics/probe.h"
#include "storage/executor.h"

namespace sluice::server {

class EventRelay final : public hub::EventOutlet {
 public:
  // `events` is used on `home` alone. All outlive this, and this outlives the shards.
  EventRelay(const hub::EventLog::Options& options, hub::EventLog& events, storage::Executor& home,
             const runtime::Log& log, RefusalLog& refusals)
      : options_(options), events_(events), home_(home), log_(log), refusals_(refusals) {}

  // Any shard's thread. One shard's events keep their order.
  void Publish(std::vector<hub::ConnectionEvent> events) override;

  // Any thread: events on their way. A rise means that the home thread cannot follow.
  int64_t pending() const { return pending_.value(); }
  // Any thread: events that did not fit into queue_bytes.
  uint64_t dropped_total() const { return dropped_.value(); }

 private:
  void Show(const hub::ConnectionEvent& event) const;
  void ShowTrace(const hub::ConnectionEvent& event) const;
  bool Queue(std::vector<hub::ConnectionEvent> events);
  void Fetch();

  const hub::EventLog::Options options_;
  hub::EventLog& events_;
  storage::Executor& home_;
  const runtime::Log& log_;
  RefusalLog& refusals_;

  // On their way; what is lost is lost behind `queue_`.
  absl::Mutex mutex_;
  std::vector<hub::ConnectionEvent> queue_ ABSL_GUARDED_BY(mutex_);
  size_t queue_bytes_ ABSL_GUARDED_BY(mutex_) = 0;
  hub::LostEvents lost_ ABSL_GUARDED_BY(mutex_);
  bool full_ ABSL_GUARDED_BY(mutex_) = false;
  bool posted_ ABSL_GUARDED_BY(mutex_) = false;
  metrics::SharedGauge pending_;
  metrics::SharedCounter dropped_;
};

}  // namespace sluice::server
