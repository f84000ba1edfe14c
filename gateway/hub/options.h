// SPDX-License-Identifier: Apache-2.0
//
// What the hub is told at its start. Apart from what uses it, so that whoever only sets it knows
// nothing of the hub.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "gateway/hub/policy.h"

namespace sluice::hub {

// What holds on the whole shard; what holds in its namespaces is their policy.
struct ShardOptions {
  std::string node = "local";                   // --node
  size_t client_calls_max = 100000;             // --client-calls-max, responses that are awaited
  size_t methods_max = 10000;                   // --methods-max, remembered names
  bool refuse_conflicts = false;                // --registration-conflict refuse
  std::vector<std::string> admission_required;  // --admission-required: namespaces, or "*"
  NamespacePolicy policy;                       // of every namespace, but for the above
};

// Of backends that listen to publications (subscribers.h).
struct SubscribersOptions {
  size_t subscribers_max = 256;     // --subscribers-max
  size_t backlog_max = 10000;       // --subscriber-backlog, publications
  size_t backlog_bytes = 16 << 20;  // --subscriber-bytes, of each subscriber's backlog
  size_t queue_bytes = 64 << 20;    // --home-queue-bytes, on their way to the node thread
};

}  // namespace sluice::hub
