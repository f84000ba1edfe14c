// SPDX-License-Identifier: Apache-2.0
#include "control/worker_outbox.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace sluice::control {

WorkerOutbox::Batch& WorkerOutbox::Open(size_t bytes) {
  bool room = false;
  if (!batches_.empty()) {
    const Batch& last = batches_.back();
    size_t count = last.message.invocations_size() + last.message.registered_size() +
                   last.message.cancelled_size() + last.message.unknown_size();
    room = count < limits_.worker_batch_max && last.bytes + bytes <= limits_.worker_batch_bytes;
  }
  if (!room) batches_.emplace_back();
  batches_.back().bytes += bytes;
  bytes_ += bytes;
  return batches_.back();
}

void WorkerOutbox::Add(v1::Welcome welcome) {
  *Open(welcome.ByteSizeLong()).message.mutable_welcome() = std::move(welcome);
}

void WorkerOutbox::Add(v1::Registered registered) {
  *Open(registered.ByteSizeLong()).message.add_registered() = std::move(registered);
}

void WorkerOutbox::Add(v1::Invocation invocation, size_t bytes) {
  *Open(bytes).message.add_invocations() = std::move(invocation);
}

void WorkerOutbox::AddCancelled(uint64_t id) { Open(sizeof id).message.add_cancelled(id); }

void WorkerOutbox::AddUnknown(uint64_t id) { Open(sizeof id).message.add_unknown(id); }

v1::ServeResponse WorkerOutbox::Take() {
  v1::ServeResponse message = std::move(batches_.front().message);
  bytes_ -= batches_.front().bytes;
  batches_.pop_front();
  return message;
}

std::vector<v1::Invocation> WorkerOutbox::TakeInvocations() {
  std::vector<v1::Invocation> all;
  for (Batch& batch : batches_) {
    auto* invocations = batch.message.mutable_invocations();
    std::move(invocations->begin(), invocations->end(), std::back_inserter(all));
  }
  batches_.clear();
  bytes_ = 0;
  return all;
}

}  // namespace sluice::control
