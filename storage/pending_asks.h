// SPDX-License-Identifier: Apache-2.0
//
// Requests that wait for replies: how each implementation of Broker keeps them. Plain values: one
// thread, or under its user's lock. What ends is handed back, to be told without that lock.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "storage/broker.h"
#include "storage/executor.h"

namespace sluice::storage {

// How a request ended.
struct EndedAsk {
  Executor* home;
  Broker::Done done;
  Replies replies;
};
using EndedAsks = std::vector<EndedAsk>;
// Posts each one to its home.
void Tell(EndedAsks asks);

class PendingAsks {
 public:
  // Waits for a reply of each of `nodes`, of which there is one at least, until Expire. The id is
  // never 0, and never used again.
  uint64_t Begin(std::set<std::string> nodes, Executor& home, Broker::Done done);
  void SetDeadline(uint64_t id, Instant deadline);

  // What is late, comes twice, or answers nothing changes nothing.
  EndedAsks Reply(uint64_t id, const std::string& node, std::string payload);
  // The node will not answer this one.
  EndedAsks Lose(uint64_t id, const std::string& node);
  // It could not be asked at all.
  EndedAsks Fail(uint64_t id);
  // The node will not answer anything any more.
  EndedAsks LoseAll(const std::string& node);
  // Ends those whose deadline has come.
  EndedAsks Expire(Instant now);

  bool contains(uint64_t id) const { return asks_.contains(id); }
  size_t size() const { return asks_.size(); }

 private:
  struct Ask {
    Executor* home;
    Broker::Done done;
    std::set<std::string> awaited;
    std::set<std::string> lost{};
    std::vector<Replies::Reply> replies{};
    Instant deadline = Instant::Future();
  };
  using Asks = std::map<uint64_t, Ask>;

  EndedAsks EndIfComplete(Asks::iterator ask);
  EndedAsk End(Asks::iterator ask);

  Asks asks_;
  uint64_t next_ = 1;
};

// An ask that ends before it began, with none of `nodes` reached.
EndedAsks NeverAsked(const std::set<std::string>& nodes, Executor& home, Broker::Done done);

// INVALID_ARGUMENT: a message of `bytes` is larger than `bytes_max` (--cluster-message-bytes).
absl::Status CheckMessageBytes(size_t bytes, size_t bytes_max);

}  // namespace sluice::storage
