// SPDX-License-Identifier: Apache-2.0
//
// What of its node the control plane works on. All of it outlives the control plane.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "control/limits.h"
#include "control/reports.h"

namespace sluice::hub {
class EventLog;
class Publisher;
class ShardSet;
class Subscribers;
class TokenAuthority;
}  // namespace sluice::hub
namespace sluice::metrics {
class SharedCounter;
}  // namespace sluice::metrics
namespace sluice::storage {
class Broker;
class Executor;
}  // namespace sluice::storage

namespace sluice::control {

class ClientCalls;
class DrainBook;

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

}  // namespace sluice::control
