// SPDX-License-Identifier: Apache-2.0
//
// Three nodes with clients, on a bus that delays and loses messages.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "control/asked_calls.h"
#include "control/cluster_call.h"
#include "tests/control/answers.h"
#include "tests/control/cluster_world.h"
#include "tests/fakes/rough_bus.h"

namespace sluice::control {

struct RoughNode {
  RoughNode(fakes::RoughBus& bus, const std::string& name)
      : broker(bus, name), hub(broker, OptionsOf(name), /*shards=*/1) {}
  fakes::RoughBroker broker;
  HubNode hub;
};

// Three nodes, each with two clients: a1 and b1 on n1, and so on.
struct RoughCluster : testing::Test {
  explicit RoughCluster(uint32_t seed = 1) : random(seed) {
    for (int i = 1; i <= 3; ++i) {
      nodes.push_back(std::make_unique<RoughNode>(bus, absl::StrCat("n", i)));
    }
    for (int i = 1; i <= 3; ++i) {
      for (const char* name : {"a", "b"}) {
        const std::string id = absl::StrCat(name, i);
        clients[id] = hub(i).world.Connect("chat", id);
      }
    }
    Settle();
    now = hub(1).world.now;
    bus.Tick(now);
  }
  // Asks that wait end before the nodes that they name.
  ~RoughCluster() override {
    now += absl::Hours(1);
    bus.Tick(now);
    Settle();
  }

  HubNode& hub(int i) { return nodes[static_cast<size_t>(i) - 1]->hub; }
  HubNode& HubOf(const std::string& client) { return hub(client.back() - '0'); }

  void Settle() {
    bool moved = true;
    while (moved) {
      for (auto& node : nodes) node->hub.world.Run();
      moved = bus.Deliver();
    }
  }
  void Pass(absl::Duration time) {
    for (absl::Duration done; done < time; done += absl::Milliseconds(50)) Step();
  }
  void Step() {
    now += absl::Milliseconds(50);
    for (auto& node : nodes) {
      node->hub.world.Pass(absl::Milliseconds(50));
      node->hub.book.Tick(now);
    }
    bus.Tick(now);
    Settle();
  }

  // Of all clients, on n1.
  static v1::CallRequest Request(int timeout_s) {
    v1::CallRequest request;
    request.mutable_selector()->set_namespace_("chat");
    request.set_method("m");
    request.mutable_timeout()->set_seconds(timeout_s);
    return request;
  }
  std::shared_ptr<ClientCall> Call(const v1::CallRequest& request) {
    auto call = CallClients(hub(1).cluster, request, answers.Listener());
    EXPECT_TRUE(call.ok()) << call.status();
    return call.ok() ? *call : nullptr;
  }
  void Answer(const std::string& id, const std::string& what, int number = 1) {
    HubOf(id).world.Say(*clients[id], absl::StrCat("answer - ", number, " ", what));
  }
  void ExpectNothingIsLeft(const std::vector<int>& of) {
    for (int i : of) {
      EXPECT_EQ(hub(i).calls.awaited(), 0) << i;
      EXPECT_EQ(hub(i).calls.asked().size(), 0) << i;
      EXPECT_EQ(hub(i).world.shard().requests(), 0) << i;
      EXPECT_EQ(hub(i).control_probe.client_call_bytes.value(), 0) << i;
    }
  }

  std::mt19937 random;
  fakes::RoughBus bus{random};
  Now now;
  Answers answers;
  std::vector<std::unique_ptr<RoughNode>> nodes;
  std::map<std::string, std::unique_ptr<fakes::FakeClient>> clients;
};

}  // namespace sluice::control
