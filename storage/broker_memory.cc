// SPDX-License-Identifier: Apache-2.0
#include "storage/broker_memory.h"

#include <cstdint>
#include <iterator>
#include <map>
#include <set>
#include <type_traits>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "storage/pending_asks.h"

namespace sluice::storage {

// Nothing is posted while the mutex is held: an executor may destroy what it is
// given.
class MemoryBus::Exchange : public std::enable_shared_from_this<Exchange> {
 public:
  explicit Exchange(size_t message_bytes) : message_bytes_(message_bytes) {}

  void Enter(const std::string& node) {
    absl::MutexLock lock(&mutex_);
    ends_.try_emplace(node, std::make_shared<End>());
  }

  void Leave(const std::string& node) {
    {
      absl::MutexLock lock(&mutex_);
      ends_.erase(node);
      for (auto it = hearers_.begin(); it != hearers_.end();) {
        it->second.erase(node);
        it = it->second.empty() ? hearers_.erase(it) : std::next(it);
      }
    }
    storage::Tell(WithAsks([&](PendingAsks& asks) { return asks.LoseAll(node); }));
    for (const std::string& peer : PeersOf(node)) {
      Post(peer, [node](Broker::Service& service) {
        if (service.on_gone) service.on_gone(node);
      });
    }
  }

  void Serve(const std::string& node, Executor& home, Broker::Service service) {
    auto end = std::make_shared<End>();
    end->home = &home;
    end->service = std::move(service);
    absl::MutexLock lock(&mutex_);
    ends_[node] = std::move(end);
  }

  std::set<std::string> PeersOf(const std::string& node) const {
    absl::MutexLock lock(&mutex_);
    std::set<std::string> peers;
    for (const auto& [name, end] : ends_) {
      if (name != node) peers.insert(name);
    }
    return peers;
  }

  absl::Status AskAll(const std::string& node, const std::string& payload, absl::Duration timeout,
                      Executor& home, Broker::Done done) {
    absl::Status status = CheckMessageBytes(payload.size(), message_bytes_);
    if (status.ok()) Ask(PeersOf(node), payload, timeout, home, std::move(done));
    return status;
  }

  void Ask(const std::set<std::string>& nodes, const std::string& payload, absl::Duration timeout,
           Executor& home, Broker::Done done) {
    if (nodes.empty() || !CheckMessageBytes(payload.size(), message_bytes_).ok()) {
      return storage::Tell(NeverAsked(nodes, home, std::move(done)));
    }
    const uint64_t id =
        WithAsks([&](PendingAsks& asks) { return asks.Begin(nodes, home, std::move(done)); });
    home.Post([self = shared_from_this(), id, timeout](Now now) {
      self->WithAsks([&](PendingAsks& asks) { asks.SetDeadline(id, now + timeout); });
    });
    for (const std::string& node : nodes) Deliver(id, node, payload);
    // One that was never here, or has left since it was chosen.
    for (const std::string& node : nodes) {
      if (EndOf(node) != nullptr) continue;
      storage::Tell(WithAsks([&](PendingAsks& asks) { return asks.Lose(id, node); }));
    }
  }

  absl::Status Tell(const std::string& from, const std::string& node, const std::string& payload) {
    absl::Status status = CheckMessageBytes(payload.size(), message_bytes_);
    if (!status.ok()) return status;
    if (node == from || EndOf(node) == nullptr) return absl::UnavailableError("no such node");
    Post(node, [from, payload](Broker::Service& service) {
      if (service.on_told) service.on_told(payload, from);
    });
    return absl::OkStatus();
  }

  absl::Status Say(const std::string& from, const std::string& space, const std::string& payload) {
    absl::Status status = CheckMessageBytes(payload.size(), message_bytes_);
    if (!status.ok()) return status;
    for (const std::string& node : HearersOf(space)) {
      if (node == from) continue;
      Post(node, [from, space, payload](Broker::Service& service) {
        if (service.on_said) service.on_said(space, payload, from);
      });
    }
    return absl::OkStatus();
  }

  void Hear(const std::string& node, const std::string& space) {
    absl::MutexLock lock(&mutex_);
    ++hearers_[space][node];
  }

  void Unhear(const std::string& node, const std::string& space) {
    absl::MutexLock lock(&mutex_);
    auto found = hearers_.find(space);
    if (found == hearers_.end()) return;
    auto mine = found->second.find(node);
    if (mine != found->second.end() && --mine->second == 0) found->second.erase(mine);
    if (found->second.empty()) hearers_.erase(found);
  }

  void Tick(Instant now) {
    storage::Tell(WithAsks([now](PendingAsks& asks) { return asks.Expire(now); }));
  }

 private:
  struct End {
    Executor* home = nullptr;  // null: on the bus, but does not serve yet
    Broker::Service service;   // used on `home` only
  };

  template <typename Act>
  std::invoke_result_t<Act, PendingAsks&> WithAsks(Act act) {
    absl::MutexLock lock(&mutex_);
    return act(asks_);
  }

  void Deliver(uint64_t ask, const std::string& node, const std::string& payload) {
    auto reply = [self = shared_from_this(), ask, node](std::string answer) {
      storage::Tell(self->WithAsks(
          [&](PendingAsks& asks) { return asks.Reply(ask, node, std::move(answer)); }));
    };
    Post(node, [payload = std::string(payload), reply](Broker::Service& service) mutable {
      if (service.on_ask) service.on_ask(std::move(payload), std::move(reply));
    });
  }

  // Lets the node's service do something, unless it does not serve or leaves before.
  template <typename Act>
  void Post(const std::string& node, Act act) {
    std::shared_ptr<End> end = EndOf(node);
    if (end == nullptr || end->home == nullptr) return;
    end->home->Post([end = std::weak_ptr<End>(end), act = std::move(act)](Now) mutable {
      if (auto alive = end.lock()) act(alive->service);
    });
  }

  std::shared_ptr<End> EndOf(const std::string& node) const {
    absl::MutexLock lock(&mutex_);
    auto it = ends_.find(node);
    return it == ends_.end() ? nullptr : it->second;
  }

  std::vector<std::string> HearersOf(const std::string& space) const {
    absl::MutexLock lock(&mutex_);
    std::vector<std::string> nodes;
    auto found = hearers_.find(space);
    if (found == hearers_.end()) return nodes;
    for (const auto& [node, count] : found->second) nodes.push_back(node);
    return nodes;
  }

  const size_t message_bytes_;
  mutable absl::Mutex mutex_;
  std::map<std::string, std::shared_ptr<End>> ends_ ABSL_GUARDED_BY(mutex_);
  // By space, then by node: how often.
  std::map<std::string, std::map<std::string, size_t>> hearers_ ABSL_GUARDED_BY(mutex_);
  PendingAsks asks_ ABSL_GUARDED_BY(mutex_);
};

MemoryBus::MemoryBus(size_t message_bytes) : exchange_(std::make_shared<Exchange>(message_bytes)) {}
MemoryBus::~MemoryBus() = default;

void MemoryBus::Tick(Instant now) { exchange_->Tick(now); }

MemoryBroker::MemoryBroker(MemoryBus& bus, std::string node)
    : exchange_(bus.exchange_), node_(std::move(node)) {
  exchange_->Enter(node_);
}

MemoryBroker::~MemoryBroker() { exchange_->Leave(node_); }

void MemoryBroker::Serve(Executor& home, Service service) {
  exchange_->Serve(node_, home, std::move(service));
}

std::set<std::string> MemoryBroker::peers() const { return exchange_->PeersOf(node_); }

absl::Status MemoryBroker::AskAll(std::string payload, absl::Duration timeout, Executor& home,
                                  Done done) {
  return exchange_->AskAll(node_, payload, timeout, home, std::move(done));
}

void MemoryBroker::Ask(std::string node, std::string payload, absl::Duration timeout,
                       Executor& home, Done done) {
  exchange_->Ask({std::move(node)}, payload, timeout, home, std::move(done));
}

absl::Status MemoryBroker::Tell(const std::string& node, std::string payload) {
  return exchange_->Tell(node_, node, payload);
}

absl::Status MemoryBroker::Say(const std::string& space, std::string payload) {
  return exchange_->Say(node_, space, payload);
}

void MemoryBroker::Hear(const std::string& space, Executor& home, Heard heard) {
  exchange_->Hear(node_, space);
  if (!heard) return;
  home.Post([heard = std::move(heard)](Now now) mutable { heard(/*hears=*/true, now); });
}

void MemoryBroker::Unhear(const std::string& space) { exchange_->Unhear(node_, space); }

}  // namespace sluice::storage
