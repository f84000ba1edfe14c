// SPDX-License-Identifier: Apache-2.0
//
// What one message of a worker registers and takes back, carried out on all shards.
#pragma once

#include <optional>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "control/node.h"
#include "control/worker_registration.h"
#include "gateway/hub/worker.h"
#include "sluice/v1/workers.pb.h"

namespace sluice::control {

// One Register or Deregister, and what is said about it. Neither: it is refused already.
struct WorkerStep {
  v1::Registered answer;
  std::optional<hub::Registration> registration;
  std::optional<hub::Deregistration> deregistration;
  // What it was made of.
  v1::Register offered{};
  v1::Deregister taken_back{};
};

// `goodbye`: it was said, so nothing more is registered. REGISTRATIONS_EXHAUSTED: they are more
// than
// --worker-registrations-max.
absl::StatusOr<std::vector<WorkerStep>> ToSteps(const v1::ServeRequest& message,
                                                const WorkerIdentity& worker, bool goodbye,
                                                const Limits& limits);

// What is told of them, at home.
struct StepListener {
  absl::AnyInvocable<void(const WorkerStep&)> taken;  // every shard has it; or empty
  absl::AnyInvocable<void(v1::Registered)> answered;
  absl::AnyInvocable<void()> done;  // with all of them
};

// One after the other, each on every shard before it is told of and the next begins. All of it goes
// through the home thread, so every shard sees all workers' registrations in one order, and they
// agree on which were too many.
void ApplySteps(const Node& node, std::vector<WorkerStep> steps, StepListener listener);

}  // namespace sluice::control
