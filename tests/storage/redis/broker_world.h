// SPDX-License-Identifier: Apache-2.0
//
// Nodes of one cluster on a real Redis, each with a thread of its own; what they are told runs on
// the test's thread. The registry is the test's as well.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "storage/redis/broker.h"
#include "storage/redis/thread.h"
#include "tests/fakes/manual_executor.h"
#include "tests/storage/redis/client_world.h"
#include "tests/storage/redis/redis_server.h"

namespace sluice::storage::redis {

class BrokerWorld {
 public:
  // On a server of its own.
  BrokerWorld() : server_(std::make_unique<RedisServer>()) {
    client_ = QuickOptions(Url{.addresses = {server_->address()}});
  }
  // On the Redis that `client` names.
  BrokerWorld(BrokerOptions defaults, Options client)
      : defaults_(std::move(defaults)), client_(std::move(client)) {}

  RedisServer& server() { return *server_; }
  Options ClientOptions() const { return client_; }

  // Everybody knows it, and it is listening.
  RedisBroker& Enter(const std::string& node) { return Enter(node, defaults_, ClientOptions()); }
  RedisBroker& Enter(const std::string& node, BrokerOptions options, Options client) {
    RedisBroker& broker = Begin(node, std::move(options), std::move(client));
    EXPECT_TRUE(Eventually([&] { return broker.listening() && !broker.health().degraded; }));
    return broker;
  }
  // It is known, and may be listening later.
  RedisBroker& Begin(const std::string& node, BrokerOptions options, Options client) {
    Node& entered = nodes_[node];
    options.node = node;
    options.epoch = std::to_string(++epochs_);
    entered.epoch = options.epoch;
    entered.thread = *Thread::Make(std::move(client));
    entered.broker = std::make_unique<RedisBroker>(std::move(options), *entered.thread);
    entered.thread->Start([] {}, entered.broker->ticker());
    Announce();
    return *entered.broker;
  }
  void Leave(const std::string& node) {
    nodes_.erase(node);
    Announce();
  }
  // Tells everybody who is alive.
  void Announce() {
    std::vector<Incarnation> live;
    live.reserve(nodes_.size());
    for (const auto& [name, node] : nodes_) live.push_back({name, node.epoch});
    for (const auto& [name, node] : nodes_) node.broker->SetPeers(live);
  }
  std::string epoch(const std::string& node) { return nodes_[node].epoch; }

  fakes::ManualExecutor& home() { return home_; }
  void Run() { home_.RunAll(ReadClocks()); }
  template <typename Check>
  bool RunUntil(Check check) {
    return Eventually([&] {
      Run();
      return check();
    });
  }
  void Pass(absl::Duration time) {
    const Instant end = ReadClocks() + time;
    do {
      Breathe();
      Run();
    } while (ReadClocks() < end);
  }

  // A counter of the node's broker, over these labels.
  double Metric(const std::string& node, std::string_view name, std::string_view label = "") {
    Sum sum(name, label);
    nodes_[node].broker->metrics().Visit(sum);
    return sum.total;
  }

 private:
  struct Sum final : metrics::Visitor {
    Sum(std::string_view wanted, std::string_view label_wanted)
        : name(wanted), label(label_wanted) {}
    void Count(std::string_view found, std::string_view, const metrics::Labels& labels,
               uint64_t value) override {
      if (found == name && (label.empty() || labels.front().second == label)) {
        total += static_cast<double>(value);
      }
    }
    void Level(std::string_view found, std::string_view, const metrics::Labels&,
               double value) override {
      if (found == name) total += value;
    }
    void Distribution(std::string_view, std::string_view, const metrics::Labels&,
                      const metrics::Histogram&) override {}
    std::string_view name, label;
    double total = 0;
  };
  struct Node {
    std::string epoch;
    std::unique_ptr<Thread> thread;
    std::unique_ptr<RedisBroker> broker;  // ends before its thread
  };

  BrokerOptions defaults_;
  Options client_;
  std::unique_ptr<RedisServer> server_;
  fakes::ManualExecutor home_;
  int epochs_ = 0;
  std::map<std::string, Node> nodes_;
};

}  // namespace sluice::storage::redis
