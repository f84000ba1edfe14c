// SPDX-License-Identifier: Apache-2.0
//
// A broker for several nodes on which everything that its contract allows happens: messages are
// under way for as long as the test likes, overtake those of other channels, and are lost while a
// node is cut off or dead. One thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <tuple>

#include "storage/broker.h"
#include "storage/executor.h"
#include "storage/pending_asks.h"
#include "storage/time.h"

namespace sluice::fakes {

class RoughBus {
 public:
  // `random` outlives this.
  explicit RoughBus(std::mt19937& random) : random_(random) {}

  // One message arrives; false: none is under way.
  bool Deliver();
  // Asks whose time has come end.
  void Tick(Now now);

  // What a node that is cut off sends, or is sent, is lost, as is what was under way; once it is
  // back that is told as a gap to whoever missed something.
  void Cut(const std::string& node);
  void Mend(const std::string& node);
  // It is no more, and the others do not know that yet.
  void Die(const std::string& node);
  // They do.
  void TellGone(const std::string& node);

  size_t asks() const { return asks_.size(); }
  size_t hearers() const { return hearers_.size(); }

 private:
  friend class RoughBroker;
  using Act = absl::AnyInvocable<void(storage::Broker::Service&)>;
  // From, to, and on which channel: a space's, or "" for all else.
  using Line = std::tuple<std::string, std::string, std::string>;
  struct End {
    storage::Executor* home = nullptr;
    std::shared_ptr<storage::Broker::Service> service;
    bool cut = false;
    bool dead = false;
  };

  bool Reaches(const Line& line) const;
  void Send(const Line& line, Act act);
  void Drop(const std::string& node);
  void Post(const std::string& node, Act act);
  std::set<std::string> PeersOf(const std::string& node) const;
  void Ask(const std::string& from, const std::set<std::string>& nodes, const std::string& payload,
           Instant deadline, storage::Executor& home, storage::Broker::Done done);

  std::mt19937& random_;
  Now now_;
  std::map<std::string, End> ends_;
  std::set<std::string> known_;  // to be alive, as far as anybody knows
  std::map<Line, std::deque<Act>> lines_;
  std::set<Line> missed_;
  std::map<std::string, std::map<std::string, size_t>> hearers_;  // by space, then node
  storage::PendingAsks asks_;
};

class RoughBroker final : public storage::Broker {
 public:
  RoughBroker(RoughBus& bus, std::string node);

  void Serve(storage::Executor& home, Service service) override;
  std::set<std::string> peers() const override;
  absl::Status AskAll(std::string payload, absl::Duration timeout, storage::Executor& home,
                      Done done) override;
  void Ask(std::string node, std::string payload, absl::Duration timeout, storage::Executor& home,
           Done done) override;
  absl::Status Tell(const std::string& node, std::string payload) override;
  absl::Status Say(const std::string& space, std::string payload) override;
  void Hear(const std::string& space, storage::Executor& home, Heard heard) override;
  void Unhear(const std::string& space) override;
  storage::Health health() const override { return {}; }

 private:
  RoughBus& bus_;
  const std::string node_;
};

}  // namespace sluice::fakes
