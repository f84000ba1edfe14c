// SPDX-License-Identifier: Apache-2.0
//
// How nodes talk to one another: requests with replies and a deadline, to one node or to all.
//
// The payload is a serialized message of proto/sluice/internal that the caller understands; the
// broker carries it and knows nothing of it. Calls return at once; callbacks run on the executors
// given, never from within a call. Implementations are thread-safe.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/time/time.h"
#include "storage/executor.h"

namespace sluice::storage {

// What came back for one request: the replies, and who stayed silent until the deadline.
struct Replies {
  struct Reply {
    std::string node;
    std::string payload;
  };
  std::vector<Reply> replies;
  std::vector<std::string> unreachable;
};

class Broker {
 public:
  // Answers a request from another node. `reply` may be called once, from any thread, later.
  using Handler =
      absl::AnyInvocable<void(std::string payload, absl::AnyInvocable<void(std::string)> reply)>;
  using Done = absl::AnyInvocable<void(Replies replies, Now now)>;

  virtual ~Broker() = default;

  // Starts taking requests for this node; `handler` runs on `home`. Called once, before any ask.
  virtual void Serve(Executor& home, Handler handler) = 0;

  // How many other nodes an AskAll would reach now; 0 means that it need not be called.
  virtual size_t peers() const = 0;

  // Asks every other node. `done` runs on `home` when all have answered or `timeout` has passed.
  virtual void AskAll(std::string payload, absl::Duration timeout, Executor& home, Done done) = 0;

  // Asks one node.
  virtual void Ask(const std::string& node, std::string payload, absl::Duration timeout,
                   Executor& home, Done done) = 0;
};

}  // namespace sluice::storage
