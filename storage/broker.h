// SPDX-License-Identifier: Apache-2.0
//
// How nodes talk to one another: requests with replies and a deadline, to one node or to all;
// one-way messages to one node; and sayings, which reach every node that hears their namespace.
//
// The payload is a serialized message of proto/sluice/internal that the caller understands; the
// broker carries it and knows nothing of it. Calls return at once; callbacks run on the executors
// given, never from within a call. Implementations are thread-safe.
//
// Order: what one thread of a node says in one namespace arrives in that order, and what it tells
// one node as well; between the two there is none. Nothing arrives twice. What is lost on the way
// is told as a gap to the node that misses it, sooner or later: at the latest with the next message
// from the same node in the same namespace.
//
// A message of more than --cluster-message-bytes is refused with INVALID_ARGUMENT, and with
// RESOURCE_EXHAUSTED one that finds too many on their way, or too many asks that wait. Of what is
// refused nothing is sent to anybody.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/time/time.h"
#include "storage/executor.h"
#include "storage/health.h"

namespace sluice::storage {

// What came back for one request: the replies, and who stayed silent until the deadline or died.
struct Replies {
  struct Reply {
    std::string node;
    std::string payload;
  };
  std::vector<Reply> replies;
  std::vector<std::string> unreachable;
};

// What may have been lost of what others sent to this node. An empty name stands for any.
struct Gap {
  std::string space;  // whose sayings; empty: what this node was asked or told
  std::string node;   // whose words; empty: anybody's, since the line was cut
};

class Broker {
 public:
  using Reply = absl::AnyInvocable<void(std::string payload)>;
  using Done = absl::AnyInvocable<void(Replies replies, Now now)>;
  // `hears`: false if it is not so yet.
  using Heard = absl::AnyInvocable<void(bool hears, Now now)>;

  // What this node does about others. Each may be empty. Names in it are of other nodes.
  struct Service {
    // Answers a request. `reply` may be called once, from any thread, later; without a handler the
    // asker waits in vain.
    absl::AnyInvocable<void(std::string payload, Reply reply)> on_ask;
    absl::AnyInvocable<void(std::string payload, std::string node)> on_told;
    absl::AnyInvocable<void(std::string space, std::string payload, std::string node)> on_said;
    absl::AnyInvocable<void(Gap gap, Now now)> on_gap;
    // It left or died. Told once; it may come back, as another.
    absl::AnyInvocable<void(std::string node)> on_gone;
  };

  virtual ~Broker() = default;

  // Starts taking messages for this node; all of `service` runs on `home`, until the broker is
  // destroyed. Called once, before any ask.
  virtual void Serve(Executor& home, Service service) = 0;

  // The other nodes that an AskAll would reach now; if there are none it need not be called.
  virtual std::set<std::string> peers() const = 0;

  // Asks every other node. `done` runs on `home` when all have answered, died, or `timeout` has
  // passed; never if the ask is refused.
  virtual absl::Status AskAll(std::string payload, absl::Duration timeout, Executor& home,
                              Done done) = 0;

  // Asks one other node: one reply, or the node as unreachable, also if the ask is refused.
  virtual void Ask(std::string node, std::string payload, absl::Duration timeout, Executor& home,
                   Done done) = 0;

  // Sends to one other node (on_told). OK: it is on its way, and may yet be lost. UNAVAILABLE: no
  // such node is alive as far as is known.
  virtual absl::Status Tell(const std::string& node, std::string payload) = 0;

  // Sends to every other node that hears `space` (on_said), once for all of them. OK: it is on its
  // way, and may yet be lost; perhaps nobody hears it.
  virtual absl::Status Say(const std::string& space, std::string payload) = 0;

  // This node hears `space` until as many calls of Unhear. `heard`, unless it is empty, runs on
  // `home` when everything that is said from then on is heard: at once if it was so before, never
  // if an Unhear ends it. While the store is away it runs after a bounded time all the same, and
  // says so: nobody hears anything then. What is missed until it is back is told as a gap.
  virtual void Hear(const std::string& space, Executor& home, Heard heard) = 0;
  // What is on its way may still arrive.
  virtual void Unhear(const std::string& space) = 0;

  // As it is known now, without asking.
  virtual Health health() const = 0;
};

}  // namespace sluice::storage
