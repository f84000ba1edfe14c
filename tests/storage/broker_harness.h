// SPDX-License-Identifier: Apache-2.0
//
// What the contract suite of storage::Broker (broker_contract.h) stands on.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "storage/broker.h"

namespace sluice::storage {

// A cluster of nodes on one broker, under a test's control.
class BrokerHarness {
 public:
  static constexpr size_t kMessageBytes = 64 << 10;  // the bound of every node's messages

  virtual ~BrokerHarness() = default;
  // Adds a node, which the others know when this returns; it lives as long as the harness, or until
  // Leave.
  virtual Broker& Enter(const std::string& node) = 0;
  virtual void Leave(const std::string& node) = 0;
  // Where every node's callbacks run.
  virtual Executor& home() = 0;
  // Runs what was posted to home() until `done` says so; fails the test after a
  // while.
  virtual void RunUntil(const std::function<bool()>& done) = 0;
  // Lets time pass, and what was posted run.
  virtual void Pass(absl::Duration time) = 0;
};

using BrokerHarnessFactory = std::function<std::unique_ptr<BrokerHarness>()>;

class BrokerContract : public testing::TestWithParam<BrokerHarnessFactory> {
 protected:
  using Reply = Broker::Reply;
  static constexpr absl::Duration kTimeout = absl::Seconds(1);

  // What a node was told, heard and saw, one line each.
  struct Notes {
    std::vector<std::string> told, said, gone;
    Broker::Service service() {
      Broker::Service service;
      service.on_told = [this](const std::string& payload, const std::string& node) {
        told.push_back(node + " tells " + payload);
      };
      service.on_said = [this](const std::string& space, const std::string& payload,
                               const std::string& node) {
        said.push_back(node + " says in " + space + ": " + payload);
      };
      service.on_gone = [this](const std::string& node) { gone.push_back(node); };
      return service;
    }
  };
  Broker& EnterNoting(const std::string& node, Notes& notes) {
    Broker& broker = harness_->Enter(node);
    broker.Serve(harness_->home(), notes.service());
    return broker;
  }
  // Returns when it does.
  void Hear(Broker& broker, const std::string& space) {
    bool hears = false;
    broker.Hear(space, harness_->home(), [&](bool, Now) { hears = true; });
    EXPECT_FALSE(hears) << "completed from within the call";
    harness_->RunUntil([&] { return hears; });
  }

  // A node that answers with its name and what it was asked.
  void EnterEcho(const std::string& node) {
    Broker::Service service;
    service.on_ask = [node](const std::string& payload, Reply reply) {
      reply(node + ":" + payload);
    };
    harness_->Enter(node).Serve(harness_->home(), std::move(service));
  }

  // A node that keeps its replies for later.
  void EnterSlow(const std::string& node) {
    Broker::Service service;
    service.on_ask = [this](const std::string&, Reply reply) { kept_.push_back(std::move(reply)); };
    harness_->Enter(node).Serve(harness_->home(), std::move(service));
  }

  Broker::Done Into(std::optional<Replies>& replies) {
    return [this, &replies](Replies got, Now) {
      ++completions_;
      std::sort(got.replies.begin(), got.replies.end(),
                [](const auto& a, const auto& b) { return a.node < b.node; });
      std::sort(got.unreachable.begin(), got.unreachable.end());
      replies = std::move(got);
    };
  }

  Replies AskAll(Broker& broker, const std::string& payload) {
    std::optional<Replies> replies;
    EXPECT_TRUE(broker.AskAll(payload, kTimeout, harness_->home(), Into(replies)).ok());
    EXPECT_FALSE(replies.has_value()) << "completed from within the call";
    harness_->RunUntil([&] { return replies.has_value(); });
    return std::move(replies).value_or(Replies());
  }

  Replies Ask(Broker& broker, const std::string& node, const std::string& payload) {
    std::optional<Replies> replies;
    broker.Ask(node, payload, kTimeout, harness_->home(), Into(replies));
    EXPECT_FALSE(replies.has_value()) << "completed from within the call";
    harness_->RunUntil([&] { return replies.has_value(); });
    return std::move(replies).value_or(Replies());
  }

  std::vector<Reply> kept_;
  int completions_ = 0;
  std::unique_ptr<BrokerHarness> harness_ = GetParam()();
};

}  // namespace sluice::storage
