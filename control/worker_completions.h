// SPDX-License-Identifier: Apache-2.0
//
// What a worker answered, brought to the shards whose calls it answers. Any thread.
#pragma once

#include <vector>

#include "control/node.h"
#include "control/probe.h"
#include "gateway/hub/types.h"
#include "sluice/v1/workers.pb.h"

namespace sluice::control {

struct OwedResult {
  hub::CallKey call;
  v1::InvocationResult* result;  // is emptied
};

// All results of one shard in one task. What is wrong with a result becomes an error for whoever
// waits for it, and is counted.
void CompleteCalls(const Node& node, const std::vector<OwedResult>& owed, ControlProbe& probe);

// Tells the caller that its call is too large, in the worker's place.
void CompleteTooLarge(const Node& node, hub::CallKey call, ControlProbe& probe);

}  // namespace sluice::control
