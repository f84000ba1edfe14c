// SPDX-License-Identifier: Apache-2.0
//
// Where a piece of work runs: a shard's thread, or the node's. The one way in which threads meet.
#pragma once

#include "absl/functional/any_invocable.h"
#include "storage/time.h"

namespace sluice::storage {

class Executor {
 public:
  // Told the time at which it runs, so that nobody else reads a clock.
  using Task = absl::AnyInvocable<void(Now now)>;

  virtual ~Executor() = default;

  // Runs `task` later on this executor's thread, never from within Post, in the order of the posts
  // of one thread. Any thread may call it. After the executor has stopped, tasks are destroyed
  // unrun.
  virtual void Post(Task task) = 0;
};

}  // namespace sluice::storage
