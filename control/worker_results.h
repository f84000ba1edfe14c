// SPDX-License-Identifier: Apache-2.0
//
// What a worker is asked, and what it answers.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "control/limits.h"
#include "gateway/hub/tokens.h"
#include "gateway/hub/worker.h"
#include "sluice/v1/workers.pb.h"

namespace sluice::control {

// Never fails: what is no result becomes an error for whoever waits for it, and `valid` false.
hub::WorkerResult ToResult(v1::InvocationResult proto, const Limits& limits, bool& valid);

// The token that comes with a result. An error says why there is none.
absl::StatusOr<std::unique_ptr<hub::Token>> ToToken(const std::string& claims_json,
                                                    const Limits& limits,
                                                    const hub::TokenAuthority& tokens,
                                                    absl::Time now);

// What the caller of a worker hears whose answer is none.
hub::CallError InvalidResult(std::string_view why);

// What the caller of a worker hears that answered with more than --worker-result-bytes.
hub::CallError ResultTooLarge(size_t bytes, const Limits& limits);

// `id` is what the worker's stream calls it.
v1::Invocation ToProto(uint64_t id, hub::Invocation&& invocation, hub::Context context);

// What ToProto was given of an invocation that nobody was sent.
hub::LostWork::Unsent TakeBack(hub::CallKey call, v1::Invocation proto);

}  // namespace sluice::control
