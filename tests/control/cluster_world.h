// SPDX-License-Identifier: Apache-2.0
//
// Nodes of one cluster without gRPC, threads or clocks: each a hub world with its control plane,
// all on one memory bus.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "control/client_calls.h"
#include "control/cluster.h"
#include "control/drain_book.h"
#include "control/node.h"
#include "gateway/hub/drains.h"
#include "gateway/hub/event_log.h"
#include "storage/broker_memory.h"
#include "tests/fakes/hub_world.h"

namespace sluice::control {

struct TestNode {
  TestNode(storage::MemoryBus& bus, std::string name, size_t shards, Limits limits = {})
      : world(shards, OptionsOf(name)),
        broker(bus, name),
        drains({}, world.set, world.home),
        book(drains),
        events({}),
        exchange({}, world.home),
        node{name,     name + "-epoch", world.set, world.home, book,  events,
             exchange, world.tokens,    broker,    encodings,  limits},
        calls(node),
        cluster(node, calls, probe) {
    cluster.Serve();
  }

  static hub::ShardOptions OptionsOf(const std::string& name) {
    hub::ShardOptions options;
    options.node = name;
    return options;
  }

  fakes::HubWorld world;
  storage::MemoryBroker broker;
  hub::Drains drains;
  DrainBook book;
  hub::EventLog events;
  hub::Exchange exchange;
  metrics::SharedCounter encodings;
  Node node;
  ClusterProbe probe;
  ClientCalls calls;
  Cluster cluster;
};

class ClusterWorld {
 public:
  explicit ClusterWorld(size_t nodes, Limits limits = {}) {
    for (size_t i = 0; i < nodes; ++i) {
      this->nodes.push_back(
          std::make_unique<TestNode>(bus, "n" + std::to_string(i + 1), i + 1, limits));
    }
  }

  TestNode& operator[](size_t i) { return *nodes[i]; }
  Now now() const { return nodes.front()->world.now; }

  // Runs everything that was posted anywhere.
  void Run() {
    auto pending = [&] {
      size_t count = 0;
      for (auto& node : nodes) count += node->world.home.pending();
      return count;
    };
    do {
      for (auto& node : nodes) node->world.Run();
    } while (pending() > 0);
  }

  // Time passes, in steps, for everybody.
  void Pass(absl::Duration time) {
    for (absl::Duration done; done < time; done += absl::Milliseconds(50)) {
      for (auto& node : nodes) {
        node->world.Pass(absl::Milliseconds(50));
        node->drains.Tick(node->world.now);
      }
      bus.Tick(now());
      Run();
    }
  }

  // The answer of a verb that node `i` was asked for.
  template <typename Verb>
  absl::StatusOr<typename Verb::Response> Ask(size_t i, typename Verb::Request request) {
    absl::StatusOr<typename Verb::Response> answer = absl::UnknownError("no answer");
    nodes[i]->cluster.Run<Verb>(std::move(request), absl::Seconds(2),
                                [&](auto given) { answer = std::move(given); });
    Run();
    return answer;
  }

  absl::StatusOr<v1::Drain> StartDrain(size_t i, v1::StartDrainRequest request) {
    absl::StatusOr<v1::Drain> answer = absl::UnknownError("no answer");
    nodes[i]->cluster.StartDrain(std::move(request), absl::Seconds(2),
                                 [&](auto given) { answer = std::move(given); });
    Run();
    return answer;
  }

  storage::MemoryBus bus;
  std::vector<std::unique_ptr<TestNode>> nodes;
};

}  // namespace sluice::control
