// SPDX-License-Identifier: Apache-2.0
//
// What of its node the control plane works on. All of it outlives the control plane.
#pragma once

#include <string>
#include <utility>

#include "control/caller_reports.h"
#include "control/done.h"
#include "control/drain_book.h"
#include "control/limits.h"
#include "control/worker_reports.h"
#include "gateway/hub/event_log.h"
#include "gateway/hub/exchange.h"
#include "gateway/hub/shard_set.h"
#include "gateway/hub/tokens.h"
#include "metrics/probe.h"
#include "storage/broker.h"
#include "storage/executor.h"

namespace sluice::control {

struct Node {
  std::string name = "local";  // --node
  std::string epoch;           // changes with every start
  const hub::ShardSet& shards;
  storage::Executor& home;  // the node's thread
  DrainBook& drains;        // on `home` only
  hub::EventLog& events;    // on `home` only
  hub::Exchange& exchange;  // on `home` only, but for OnPublication
  const hub::TokenAuthority& tokens;
  storage::Broker& broker;
  metrics::SharedCounter& encodings;  // of messages (hub::Message)
  Limits limits;
  WorkerReports* worker_reports = nullptr;  // null: nobody reads them
  CallerReports* caller_reports = nullptr;  // null: nobody reads them
};

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
