// SPDX-License-Identifier: Apache-2.0
#include "tests/fakes/rough_bus.h"

#include <iterator>
#include <utility>

namespace sluice::fakes {

// --- The lines -----------------------------------------------------------------------------------

bool RoughBus::Deliver() {
  if (lines_.empty()) return false;
  auto line = std::next(lines_.begin(), random_() % lines_.size());
  const std::string to = std::get<1>(line->first);
  Act act = std::move(line->second.front());
  line->second.pop_front();
  if (line->second.empty()) lines_.erase(line);
  Post(to, std::move(act));
  return true;
}

bool RoughBus::Reaches(const Line& line) const {
  for (const std::string& node : {std::get<0>(line), std::get<1>(line)}) {
    const auto end = ends_.find(node);
    if (end == ends_.end() || end->second.cut || end->second.dead) return false;
  }
  return true;
}

void RoughBus::Send(const Line& line, Act act) {
  if (Reaches(line)) {
    lines_[line].push_back(std::move(act));
  } else {
    missed_.insert(line);
  }
}

void RoughBus::Drop(const std::string& node) {
  for (auto line = lines_.begin(); line != lines_.end();) {
    const auto& [from, to, channel] = line->first;
    if (from != node && to != node) {
      ++line;
      continue;
    }
    missed_.insert(line->first);
    line = lines_.erase(line);
  }
}

void RoughBus::Post(const std::string& node, Act act) {
  const End& end = ends_[node];
  if (end.dead || end.home == nullptr) return;
  end.home->Post([service = end.service, act = std::move(act)](Now) mutable { act(*service); });
}

// --- What goes wrong -----------------------------------------------------------------------------

void RoughBus::Cut(const std::string& node) {
  ends_[node].cut = true;
  Drop(node);
}

void RoughBus::Mend(const std::string& node) {
  ends_[node].cut = false;
  for (auto line = missed_.begin(); line != missed_.end();) {
    if (!Reaches(*line)) {
      ++line;
      continue;
    }
    storage::Gap gap{std::get<2>(*line), std::get<0>(*line)};
    Post(std::get<1>(*line), [gap, now = now_](storage::Broker::Service& service) {
      if (service.on_gap) service.on_gap(gap, now);
    });
    line = missed_.erase(line);
  }
}

void RoughBus::Die(const std::string& node) {
  ends_[node].dead = true;
  Drop(node);
}

void RoughBus::TellGone(const std::string& node) {
  known_.erase(node);
  for (auto space = hearers_.begin(); space != hearers_.end();) {
    space->second.erase(node);
    space = space->second.empty() ? hearers_.erase(space) : std::next(space);
  }
  storage::Tell(asks_.LoseAll(node));
  for (const std::string& peer : known_) {
    Post(peer, [node](storage::Broker::Service& service) {
      if (service.on_gone) service.on_gone(node);
    });
  }
}

// --- Asks ----------------------------------------------------------------------------------------

void RoughBus::Tick(Now now) {
  now_ = now;
  storage::Tell(asks_.Expire(now));
}

std::set<std::string> RoughBus::PeersOf(const std::string& node) const {
  std::set<std::string> peers = known_;
  peers.erase(node);
  return peers;
}

void RoughBus::Ask(const std::string& from, const std::set<std::string>& nodes,
                   const std::string& payload, Instant deadline, storage::Executor& home,
                   storage::Broker::Done done) {
  bool known = !nodes.empty();
  for (const std::string& node : nodes) known = known && known_.contains(node);
  if (!known) return storage::Tell(storage::NeverAsked(nodes, home, std::move(done)));
  const uint64_t id = asks_.Begin(nodes, home, std::move(done));
  asks_.SetDeadline(id, deadline);
  for (const std::string& node : nodes) {
    auto reply = [this, from, node, id](std::string answer) {
      Send({node, from, ""},
           [this, node, id, answer = std::move(answer)](storage::Broker::Service&) mutable {
             storage::Tell(asks_.Reply(id, node, std::move(answer)));
           });
    };
    Send({from, node, ""}, [payload, reply](storage::Broker::Service& service) {
      if (service.on_ask) service.on_ask(payload, reply);
    });
  }
}

// --- A node's end --------------------------------------------------------------------------------

RoughBroker::RoughBroker(RoughBus& bus, std::string node) : bus_(bus), node_(std::move(node)) {
  bus_.ends_[node_];
  bus_.known_.insert(node_);
}

void RoughBroker::Serve(storage::Executor& home, Service service) {
  RoughBus::End& end = bus_.ends_[node_];
  end.home = &home;
  end.service = std::make_shared<Service>(std::move(service));
}

std::set<std::string> RoughBroker::peers() const { return bus_.PeersOf(node_); }

absl::Status RoughBroker::AskAll(std::string payload, absl::Duration timeout,
                                 storage::Executor& home, Done done) {
  bus_.Ask(node_, bus_.PeersOf(node_), payload, bus_.now_ + timeout, home, std::move(done));
  return absl::OkStatus();
}

void RoughBroker::Ask(std::string node, std::string payload, absl::Duration timeout,
                      storage::Executor& home, Done done) {
  bus_.Ask(node_, {std::move(node)}, payload, bus_.now_ + timeout, home, std::move(done));
}

absl::Status RoughBroker::Tell(const std::string& node, std::string payload) {
  if (!bus_.PeersOf(node_).contains(node)) return absl::UnavailableError("no such node");
  bus_.Send({node_, node, ""},
            [from = node_, payload = std::move(payload)](Service& service) mutable {
              if (service.on_told) service.on_told(std::move(payload), from);
            });
  return absl::OkStatus();
}

absl::Status RoughBroker::Say(const std::string& space, std::string payload) {
  const auto hearers = bus_.hearers_.find(space);
  if (hearers == bus_.hearers_.end()) return absl::OkStatus();
  for (const auto& [node, count] : hearers->second) {
    if (node == node_) continue;
    bus_.Send({node_, node, space}, [from = node_, space, payload](Service& service) {
      if (service.on_said) service.on_said(space, payload, from);
    });
  }
  return absl::OkStatus();
}

void RoughBroker::Hear(const std::string& space, storage::Executor& home, Heard heard) {
  ++bus_.hearers_[space][node_];
  if (!heard) return;
  home.Post([heard = std::move(heard)](Now now) mutable { heard(/*hears=*/true, now); });
}

void RoughBroker::Unhear(const std::string& space) {
  auto found = bus_.hearers_.find(space);
  if (--found->second[node_] == 0) found->second.erase(node_);
  if (found->second.empty()) bus_.hearers_.erase(found);
}

}  // namespace sluice::fakes
