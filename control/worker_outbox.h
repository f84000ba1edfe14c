// SPDX-License-Identifier: Apache-2.0
//
// What waits to be written to one worker, gathered into few messages: while one is being written,
// the next fills up. What bounds it is the worker's credit. Not thread-safe.
#pragma once

#include <cstdint>
#include <deque>
#include <vector>

#include "control/limits.h"
#include "sluice/v1/workers.pb.h"

namespace sluice::control {

class WorkerOutbox {
 public:
  explicit WorkerOutbox(const Limits& limits) : limits_(limits) {}

  void Add(v1::Welcome welcome);
  void Add(v1::Registered registered);
  // Of at most `bytes`, which the caller had to know anyway.
  void Add(v1::Invocation invocation, size_t bytes);
  void AddCancelled(uint64_t id);
  void AddUnknown(uint64_t id);

  bool empty() const { return batches_.empty(); }
  size_t batches() const { return batches_.size(); }
  size_t bytes() const { return bytes_; }  // of all that waits
  // The oldest message; there is one.
  v1::ServeResponse Take();
  // Every invocation that waits, the oldest first; nothing is written any more.
  std::vector<v1::Invocation> TakeInvocations();

 private:
  struct Batch {
    v1::ServeResponse message;
    size_t bytes = 0;
  };
  // The youngest, if it has room for that much.
  Batch& Open(size_t bytes);

  const Limits& limits_;
  std::deque<Batch> batches_;
  size_t bytes_ = 0;
};

}  // namespace sluice::control
