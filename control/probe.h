// SPDX-License-Identifier: Apache-2.0
//
// What the control plane counts. Any thread.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "control/cluster_probe.h"
#include "control/port_probe.h"
#include "control/reasons.h"
#include "control/rpc.h"
#include "metrics/probe.h"

namespace sluice::control {

// A histogram that many threads may write.
class SharedHistogram {
 public:
  template <size_t N>
  explicit SharedHistogram(const std::array<double, N>& bounds) : histogram_(bounds) {}
  void Observe(double value) {
    absl::MutexLock lock(&mutex_);
    histogram_.Observe(value);
  }
  const metrics::Histogram& histogram() const { return histogram_; }

 private:
  absl::Mutex mutex_;  // of writers; readers need none
  metrics::Histogram histogram_;
};

class ControlProbe final : public metrics::Source {
 public:
  using Counter = metrics::SharedCounter;
  using Gauge = metrics::SharedGauge;
  static constexpr std::array<double, 8> kBatchSizes = {1, 2, 4, 8, 16, 32, 64, 128};

  void Began() { under_way.Add(1); }
  void Ended(const Rpc& rpc, const absl::Status& status, absl::Duration took);
  // Of an rpc that no handler saw.
  void CountReason(const absl::Status& status);

  void Visit(metrics::Visitor& visitor) const override;

  Gauge under_way;               // rpcs, streams included
  Counter unauthenticated;       // refused for want of a token
  Counter overloaded;            // refused at --thread-tasks-max
  Counter requests_too_large;    // --control-message-bytes
  Counter call_overflows;        // Calls ended because nobody took their answers
  Gauge client_call_bytes;       // what Calls under way hold
  Counter client_calls_refused;  // --client-calls-bytes

  Gauge workers;                  // open Serve streams
  Gauge workers_ejected;          // get no calls, since they let calls time out
  Counter workers_refused;        // --workers-max
  Counter registrations_refused;  // Register messages
  Counter invocations;
  Counter cancellations;
  Counter results;
  Counter results_unknown;        // ids that were not awaited
  Counter results_invalid;        // bodies that are no JSON, and the like
  Counter results_too_large;      // --worker-result-bytes
  Counter invocations_too_large;  // --worker-invocation-bytes
  Counter worker_queues_full;     // --worker-queue-bytes
  // Outlives the probe with whatever is still registered.
  const std::shared_ptr<std::atomic<size_t>> registered_bytes =
      std::make_shared<std::atomic<size_t>>(0);
  Counter call_answers_too_large;  // --control-response-bytes
  SharedHistogram invocation_batch{kBatchSizes};
  SharedHistogram result_batch{kBatchSizes};

  Gauge watchers;  // WatchEvents streams
  Counter events_sent;
  Counter events_gaps;  // messages that tell of events of other nodes that could not be had
  Counter events_lost;  // by watchers that read too slowly
  SharedHistogram watcher_lag{kLags};  // events behind the newest when a batch is taken

  Gauge subscribers;  // Subscribe streams
  Counter publications_sent;
  Counter publications_lost;  // by subscribers that read too slowly

  Gauge drain_watchers;
  ClusterProbe cluster;
  PortProbe port;

 private:
  static constexpr std::array<double, 6> kLags = {0, 10, 100, 1000, 10000, 100000};
  static constexpr size_t kCodes = 17;
  struct PerRpc {
    std::array<Counter, kCodes> codes;
    SharedHistogram seconds{metrics::kDelaySeconds};
  };
  void VisitRpcs(metrics::Visitor& visitor) const;
  void VisitWorkers(metrics::Visitor& visitor) const;
  void VisitWatchers(metrics::Visitor& visitor) const;
  void VisitCluster(metrics::Visitor& visitor) const;
  void VisitLending(metrics::Visitor& visitor) const;

  std::vector<PerRpc> rpcs_{Rpcs().size()};
  std::array<Counter, kReasons.size() + 1> reasons_;  // the last: any other
};

}  // namespace sluice::control
