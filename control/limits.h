// SPDX-License-Identifier: Apache-2.0
//
// The bounds of what a backend may ask for, options of the gateway.
#pragma once

#include <cstddef>
#include <cstdint>

#include "absl/time/time.h"
#include "gateway/hub/worker_health.h"

namespace sluice::control {

// Names of namespaces, methods, events, workers; ids of connections and users; labels. Bytes.
inline constexpr size_t kNameMax = 255;

struct Limits {
  size_t selector_ids_max = 10000;  // --selector-ids-max, entries in each list of a selector
  size_t channel_name_bytes = 255;  // --channel-name-bytes
  size_t send_bytes_max = 1 << 20;  // --send-bytes-max, bytes of a body
  size_t depth_max = 32;            // --depth-max, nesting of arrays and objects in a JSON body
  absl::Duration client_call_timeout = absl::Seconds(10);     // --client-call-timeout
  absl::Duration client_call_timeout_max = absl::Minutes(5);  // --client-call-timeout-max
  size_t client_calls_max = 100000;       // --client-calls-max, answers awaited on this node
  size_t call_queue_bytes = 16 << 20;     // --call-queue-bytes, unread answers of one Call
  size_t client_calls_bytes = 256 << 20;  // --client-calls-bytes, what all Calls under way hold
  absl::Duration drain_grace = absl::Seconds(10);  // --drain-grace, of drains that state none
  size_t request_bytes = 4 << 20;                  // --control-message-bytes, one request
  // --control-response-bytes, a batch, a page or an answer; below what gRPC's libraries take by
  // default (4 MiB).
  size_t response_bytes = 3 << 20;
  absl::Duration cluster_timeout = absl::Seconds(2);  // --cluster-timeout, to wait for other nodes
  // --node-end-timeout, for the others to tell of what a node that is gone has left behind.
  absl::Duration node_end_timeout = absl::Minutes(1);
  size_t cluster_message_bytes = 5 << 20;  // --cluster-message-bytes, one message between nodes

  size_t drains_max = 100;         // --drains-max, running and ended together
  size_t drains_bytes = 16 << 20;  // --drains-bytes, what their requests hold

  size_t workers_max = 1000;            // --workers-max, open Serve streams
  uint32_t worker_credit_max = 10000;   // --worker-credit-max, invocations at once each
  size_t worker_batch_max = 64;         // --worker-batch-max, invocations in one message
  size_t worker_batch_bytes = 1 << 20;  // --worker-batch-bytes, bytes of them
  // Below what gRPC's libraries take by default (4 MiB).
  size_t worker_invocation_bytes = 3 << 20;  // --worker-invocation-bytes, one invocation
  size_t worker_result_bytes = 1 << 20;      // --worker-result-bytes, one result
  size_t worker_queue_bytes = 16 << 20;      // --worker-queue-bytes, unread by one worker
  size_t worker_message_bytes = 32 << 20;    // --worker-message-bytes, one message of a worker
  size_t registration_bytes = 16 << 20;      // --registration-bytes, of all workers together
  size_t worker_registrations_max = 10000;   // --worker-registrations-max, names in one message
  absl::Duration hello_timeout = absl::Seconds(10);       // --worker-hello-timeout
  hub::EjectionRule ejection;                             // --worker-ejection-*
  absl::Duration method_time_limit_max = absl::Hours(1);  // --method-time-limit-max
};

}  // namespace sluice::control
