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
#include "control/drain_start.h"
#include "control/elsewhere.h"
#include "control/lending.h"
#include "control/node.h"
#include "control/probe.h"
#include "gateway/hub/drains.h"
#include "gateway/hub/event_log.h"
#include "gateway/hub/publisher.h"
#include "gateway/hub/shard_set.h"
#include "gateway/hub/subscribers.h"
#include "metrics/probe.h"
#include "storage/broker.h"
#include "storage/broker_memory.h"
#include "storage/executor.h"
#include "tests/fakes/hub_world.h"

namespace sluice::control {

// A hub with its control plane, on whatever broker and presence there are.
struct HubNode {
  HubNode(storage::Broker& broker, const hub::ShardOptions& options, size_t shards,
          Limits limits = {}, storage::Presence* presence = nullptr)
      : world(shards, options, presence),
        drains(world.set, world.home),
        book(limits, drains),
        events({}),
        subscribers({}, world.home),
        publisher(world.set, subscribers),
        node{options.node, options.node + "-epoch",
             world.set,    world.home,
             book,         calls,
             events,       subscribers,
             publisher,    world.tokens,
             broker,       encodings,
             limits},
        elsewhere(broker, world.home, limits.cluster_timeout, probe),
        lending(node, control_probe),
        cluster(node, probe, &lending) {
    elsewhere.Attach(world.set);
    world.elsewhere.real = &elsewhere;
    cluster.Serve();
  }

  ControlProbe control_probe;  // outlives whoever counts in it
  ClusterProbe& probe = control_probe.cluster;
  fakes::HubWorld world;
  hub::Drains drains;
  DrainBook book;
  hub::EventLog events;
  hub::Subscribers subscribers;
  hub::Publisher publisher;
  metrics::SharedCounter encodings;
  ClientCalls calls{control_probe};
  Node node;
  ClusterElsewhere elsewhere;
  Lending lending;
  Cluster cluster;
};

inline hub::ShardOptions OptionsOf(const std::string& name) {
  hub::ShardOptions options;
  options.node = name;
  return options;
}

struct OnBus {
  storage::MemoryBroker broker;
};

struct TestNode : OnBus, HubNode {
  TestNode(storage::MemoryBus& bus, const std::string& name, size_t shards, Limits limits = {})
      : OnBus{storage::MemoryBroker(bus, name)},
        HubNode(OnBus::broker, OptionsOf(name), shards, limits) {}
};

class ClusterWorld {
 public:
  // `message_bytes`: --cluster-message-bytes.
  explicit ClusterWorld(size_t nodes, Limits limits = {}, size_t message_bytes = 5 << 20)
      : bus(message_bytes) {
    for (size_t i = 0; i < nodes; ++i) {
      this->nodes.push_back(
          std::make_unique<TestNode>(bus, "n" + std::to_string(i + 1), i + 1, limits));
      this->nodes.back()->lending.Begin([] {});
    }
    Run();
  }

  // Asks that wait end before the executors that they name.
  ~ClusterWorld() { bus.Tick(Instant::Future()); }

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
        node->book.Tick(node->world.now);
        node->lending.Tick(node->world.now);
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
    control::StartDrain(nodes[i]->cluster, std::move(request), absl::Seconds(2),
                        [&](auto given) { answer = std::move(given); });
    Run();
    return answer;
  }

  storage::MemoryBus bus;
  std::vector<std::unique_ptr<TestNode>> nodes;
};

}  // namespace sluice::control
