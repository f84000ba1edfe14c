// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <utility>

#include "control/done.h"
#include "control/node.h"
#include "gateway/hub/shard_set.h"
#include "storage/executor.h"
#include "storage/time.h"

namespace sluice::control {

// Runs `task` on every shard, then `done(fold(parts))` at home.
template <typename Response, typename Task, typename Fold>
void OnShards(const Node& node, Task task, Fold fold, Done<Response> done) {
  node.shards.Gather(std::move(task), [&home = node.home, fold = std::move(fold),
                                       done = std::move(done)](auto parts, Now) mutable {
    home.Post([fold = std::move(fold), parts = std::move(parts),
               done = std::move(done)](Now) mutable { done(fold(std::move(parts))); });
  });
}

}  // namespace sluice::control
