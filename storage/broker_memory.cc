// SPDX-License-Identifier: Apache-2.0
#include "storage/broker_memory.h"

#include <cstdint>
#include <map>
#include <set>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"

namespace sluice::storage {

// Nothing is posted while the mutex is held: an executor may destroy what it is
// given.
class MemoryBus::Exchange : public std::enable_shared_from_this<Exchange> {
 public:
  void Enter(const std::string& node) {
    absl::MutexLock lock(&mutex_);
    ends_.try_emplace(node, std::make_shared<End>());
  }

  void Leave(const std::string& node) {
    absl::MutexLock lock(&mutex_);
    ends_.erase(node);
  }

  void Serve(const std::string& node, Executor& home, Broker::Handler handler) {
    auto end = std::make_shared<End>();
    end->home = &home;
    end->handler = std::move(handler);
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

  void Ask(std::set<std::string> nodes, const std::string& payload, absl::Duration timeout,
           Executor& home, Broker::Done done) {
    if (nodes.empty()) {
      home.Post([done = std::move(done)](Now now) mutable { done({}, now); });
      return;
    }
    const uint64_t ask = Begin(nodes, home, std::move(done));
    home.Post([self = shared_from_this(), ask, timeout](Now now) {
      self->SetDeadline(ask, now + timeout);
    });
    for (const std::string& node : nodes) Deliver(ask, node, payload);
  }

  void Tick(Instant now) {
    for (auto it = TakeOverdue(now); !it.empty(); it = TakeOverdue(now)) {
      Finish(std::move(it.mapped()));
    }
  }

 private:
  struct End {
    Executor* home = nullptr;  // null: on the bus, but does not serve yet
    Broker::Handler handler;   // used on `home` only
  };
  struct Pending {
    Executor* home = nullptr;
    Broker::Done done;
    std::set<std::string> awaited;
    std::vector<Replies::Reply> replies;
    Instant deadline = Instant::Future();
  };
  using Asks = std::map<uint64_t, Pending>;

  uint64_t Begin(const std::set<std::string>& nodes, Executor& home, Broker::Done done) {
    absl::MutexLock lock(&mutex_);
    Pending pending;
    pending.home = &home;
    pending.done = std::move(done);
    pending.awaited = nodes;
    asks_.emplace(next_ask_, std::move(pending));
    return next_ask_++;
  }

  void SetDeadline(uint64_t ask, Instant deadline) {
    absl::MutexLock lock(&mutex_);
    auto it = asks_.find(ask);
    if (it != asks_.end()) it->second.deadline = deadline;
  }

  // Hands the request to `node`; one that is not there will be found silent at
  // the deadline.
  void Deliver(uint64_t ask, const std::string& node, const std::string& payload) {
    std::shared_ptr<End> end = EndOf(node);
    if (end == nullptr || end->home == nullptr) return;
    auto reply = [self = shared_from_this(), ask, node](std::string answer) {
      self->OnReply(ask, node, std::move(answer));
    };
    end->home->Post(
        [end = std::weak_ptr<End>(end), payload = std::string(payload), reply](Now) mutable {
          if (auto alive = end.lock()) alive->handler(std::move(payload), std::move(reply));
        });
  }

  std::shared_ptr<End> EndOf(const std::string& node) const {
    absl::MutexLock lock(&mutex_);
    auto it = ends_.find(node);
    return it == ends_.end() ? nullptr : it->second;
  }

  void OnReply(uint64_t ask, const std::string& node, std::string answer) {
    auto complete = TakeIfComplete(ask, node, std::move(answer));
    if (!complete.empty()) Finish(std::move(complete.mapped()));
  }

  // A second reply of one node and a reply after the deadline change nothing.
  Asks::node_type TakeIfComplete(uint64_t ask, const std::string& node, std::string answer) {
    absl::MutexLock lock(&mutex_);
    auto it = asks_.find(ask);
    if (it == asks_.end() || it->second.awaited.erase(node) == 0) return {};
    it->second.replies.push_back({node, std::move(answer)});
    return it->second.awaited.empty() ? asks_.extract(it) : Asks::node_type();
  }

  Asks::node_type TakeOverdue(Instant now) {
    absl::MutexLock lock(&mutex_);
    for (auto it = asks_.begin(); it != asks_.end(); ++it) {
      if (it->second.deadline <= now) return asks_.extract(it);
    }
    return {};
  }

  static void Finish(Pending pending) {
    Replies replies{std::move(pending.replies), {pending.awaited.begin(), pending.awaited.end()}};
    pending.home->Post([done = std::move(pending.done), replies = std::move(replies)](
                           Now now) mutable { done(std::move(replies), now); });
  }

  mutable absl::Mutex mutex_;
  std::map<std::string, std::shared_ptr<End>> ends_ ABSL_GUARDED_BY(mutex_);
  Asks asks_ ABSL_GUARDED_BY(mutex_);
  uint64_t next_ask_ ABSL_GUARDED_BY(mutex_) = 1;
};

MemoryBus::MemoryBus() : exchange_(std::make_shared<Exchange>()) {}
MemoryBus::~MemoryBus() = default;

void MemoryBus::Tick(Instant now) { exchange_->Tick(now); }

MemoryBroker::MemoryBroker(MemoryBus& bus, std::string node)
    : exchange_(bus.exchange_), node_(std::move(node)) {
  exchange_->Enter(node_);
}

MemoryBroker::~MemoryBroker() { exchange_->Leave(node_); }

void MemoryBroker::Serve(Executor& home, Handler handler) {
  exchange_->Serve(node_, home, std::move(handler));
}

size_t MemoryBroker::peers() const { return exchange_->PeersOf(node_).size(); }

void MemoryBroker::AskAll(std::string payload, absl::Duration timeout, Executor& home, Done done) {
  exchange_->Ask(exchange_->PeersOf(node_), payload, timeout, home, std::move(done));
}

void MemoryBroker::Ask(const std::string& node, std::string payload, absl::Duration timeout,
                       Executor& home, Done done) {
  exchange_->Ask({node}, payload, timeout, home, std::move(done));
}

}  // namespace sluice::storage
