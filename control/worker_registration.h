// SPDX-License-Identifier: Apache-2.0
//
// What a worker says that it serves, as the hub wants it.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "control/limits.h"
#include "gateway/hub/worker.h"
#include "sluice/v1/workers.pb.h"

namespace sluice::control {

// What the registrations of all workers take together, in bytes. Any thread.
using RegisteredBytes = std::atomic<size_t>;

// How many calls of each method a worker has, across the times that it registers the method.
// Forgets a method that is neither offered nor called any more. Single-threaded.
class InFlightCounts {
 public:
  std::shared_ptr<hub::InFlight> Of(const std::string& space, const std::string& method);
  size_t size() const { return counts_.size(); }

 private:
  using Method = std::pair<std::string, std::string>;  // its namespace and its name
  absl::flat_hash_map<Method, std::weak_ptr<hub::InFlight>> counts_;
  size_t tidy_at_ = 16;  // when to look for those to forget
};

// Who registers.
struct WorkerIdentity {
  hub::WorkerId id = 0;
  std::string name;
  std::shared_ptr<hub::WorkerLink> link;
  std::shared_ptr<RegisteredBytes> registered = std::make_shared<RegisteredBytes>();
  std::shared_ptr<InFlightCounts> in_flight = std::make_shared<InFlightCounts>();
  bool elsewhere = false;  // it is another node's
};

// The status's reason and message are what Registered says: NAMESPACE_INVALID, NAME_INVALID,
// NAME_RESERVED, ACCESS_INVALID, ROLE_INVALID, CONTEXT_INVALID, TIME_LIMIT_INVALID,
// REGISTRATIONS_EXHAUSTED: more than `names_left`, from which the names are taken, or more bytes
// than --registration-bytes in all.
absl::StatusOr<hub::Registration> ToRegistration(const v1::Register& proto,
                                                 const WorkerIdentity& worker, const Limits& limits,
                                                 size_t& names_left);
absl::StatusOr<hub::Deregistration> ToDeregistration(const v1::Deregister& proto,
                                                     hub::WorkerId worker, size_t& names_left);

}  // namespace sluice::control
