// SPDX-License-Identifier: Apache-2.0
//
// What one message of a worker registers and takes back, carried out on all shards.
#pragma once

#include <optional>
#include <vector>

#include "absl/functional/any_invocable.h"
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
};

// `goodbye`: it was said, so nothing more is registered.
std::vector<WorkerStep> ToSteps(const v1::ServeRequest& message, const WorkerIdentity& worker,
                                bool goodbye, const Limits& limits);

// One after the other, each on every shard before `answered` tells of it and the next begins; then
// `done`, at home. All of it goes through the home thread, so every shard sees all workers'
// registrations in one order, and they agree on which were too many.
void ApplySteps(const Node& node, std::vector<WorkerStep> steps,
                absl::AnyInvocable<void(v1::Registered)> answered, absl::AnyInvocable<void()> done);

}  // namespace sluice::control
