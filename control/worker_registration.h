// SPDX-License-Identifier: Apache-2.0
//
// What a worker says that it serves, as the hub wants it.
#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "control/limits.h"
#include "gateway/hub/worker.h"
#include "sluice/v1/workers.pb.h"

namespace sluice::control {

// Who registers.
struct WorkerIdentity {
  hub::WorkerId id = 0;
  std::string name;
  std::shared_ptr<hub::WorkerLink> link;
};

// The status's reason and message are what Registered says: NAMESPACE_INVALID, NAME_INVALID,
// NAME_RESERVED, ACCESS_INVALID, ROLE_INVALID, CONTEXT_INVALID, TIME_LIMIT_INVALID,
// REGISTRATIONS_EXHAUSTED: more than `names_left`, from which the names are taken.
absl::StatusOr<hub::Registration> ToRegistration(const v1::Register& proto,
                                                 const WorkerIdentity& worker, const Limits& limits,
                                                 size_t& names_left);
absl::StatusOr<hub::Deregistration> ToDeregistration(const v1::Deregister& proto,
                                                     hub::WorkerId worker, size_t& names_left);

}  // namespace sluice::control
