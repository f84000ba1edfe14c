// SPDX-License-Identifier: Apache-2.0
//
// What of its node the control plane works on. All of it outlives the control plane.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <utility>

#include "control/done.h"
#include "control/drain_book.h"
#include "control/limits.h"
#include "control/reports.h"
#include "gateway/hub/event_log.h"
#include "gateway/hub/publisher.h"
#include "gateway/hub/shard_set.h"
#include "gateway/hub/subscribers.h"
#include "gateway/hub/tokens.h"
#include "metrics/probe.h"
#include "storage/broker.h"
#include "storage/executor.h"

namespace sluice::control {

class ClientCalls;

struct Node {
  // What a node says of itself (Control.ListNodes).
  struct Self {
    std::string version{};
    std::string control_address{};
    uint64_t connections = 0;
    std::string degraded{};  // what is wrong with its store; empty: nothing
  };

  std::string name = "local";  // --node
  std::string epoch;           // changes with every start
  const hub::ShardSet& shards;
  storage::Executor& home;        // the node's thread
  DrainBook& drains;              // on `home` only
  ClientCalls& calls;             // that backends made of clients
  hub::EventLog& events;          // on `home` only
  hub::Subscribers& subscribers;  // on `home` only
  const hub::Publisher& publisher;
  const hub::TokenAuthority& tokens;
  storage::Broker& broker;
  metrics::SharedCounter& encodings;  // of messages (hub::Message)
  Limits limits;
  WorkerReports* worker_reports = nullptr;  // null: nobody reads them
  CallerReports* caller_reports = nullptr;  // null: nobody reads them
  std::function<Self()> self{};             // on `home`; empty: nothing is known
  bool shared = false;                      // there may be other nodes
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
