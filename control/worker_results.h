// SPDX-License-Identifier: Apache-2.0
//
// What a worker is asked, and what it answers.
#pragma once

#include "control/limits.h"
#include "gateway/hub/worker.h"
#include "sluice/v1/workers.pb.h"

namespace sluice::control {

// Never fails: what is no result becomes an error for whoever waits for it, and `valid` false.
hub::WorkerResult ToResult(v1::InvocationResult proto, const Limits& limits, bool& valid);

// `id` is what the worker's stream calls it.
// What the caller of a worker hears that answered with more than --worker-result-bytes.
hub::CallError ResultTooLarge(size_t bytes, const Limits& limits);

v1::Invocation ToProto(uint64_t id, hub::Invocation invocation);

}  // namespace sluice::control
