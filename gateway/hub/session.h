// SPDX-License-Identifier: Apache-2.0
//
// One connection, as its shard knows it. Owned by the shard's slab; the parts of the shard change
// it, each its own fields (named in the comments).
#pragma once

#include <cstdint>
#include <list>
#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/inlined_vector.h"
#include "gateway/hub/command.h"
#include "gateway/hub/dialect.h"
#include "gateway/hub/drain_order.h"
#include "gateway/hub/liveness.h"
#include "gateway/hub/message.h"
#include "gateway/hub/shard_types.h"
#include "gateway/hub/socket.h"
#include "gateway/hub/timer_wheel.h"
#include "gateway/hub/token_bucket.h"
#include "gateway/hub/tokens.h"
#include "gateway/hub/types.h"
#include "gateway/hub/worker.h"

namespace sluice::hub {

struct Group;
struct Space;

// A session's place in a group: which, and where in its member list, so that leaving is O(1).
struct Membership {
  Group* group = nullptr;
  uint32_t index = 0;
  Entry entry = Entry::kBackend;  // of a channel
};

// A channel about which the guard of subscriptions is asked again.
struct Recheck {
  std::string channel;
  Entry entry = Entry::kStranger;
  bool inside = false;  // it stays a member meanwhile
};

// What a session needs on its way in, and no longer.
struct ArrivalProgress {
  // What is asked next; each may be skipped.
  enum class Step : uint8_t {
    kConnectGuard,
    kGreeting,  // wait for the client's own handshake
    kAuthenticateGuard,
    kHandshakeGuard,
    kAdmission,
    kClaim,
  };
  Instant since;  // the upgrade
  Step step = Step::kConnectGuard;
  bool agreed = false;  // the upgrade is answered
  bool greeted = false;
  Correlation greeting;
  Payload payload;               // the greeting's
  std::unique_ptr<Token> token;  // good so far
  std::unique_ptr<TokenFlaw> flaw;
  std::unique_ptr<Accept> accepted;
  uint8_t conflicts = 0;  // how often its id was found in use
};

// A command behind others that are not decided yet.
struct QueuedCommand {
  Command command;
  Key batch;
  size_t decided = 0;  // questions about it that guards have answered with yes
};

// A publication that waits for a guard, and what it is taken to weigh.
struct QueuedPublication {
  SharedMessage message;
  size_t bytes = 0;
};

// A connection whose turn has come in drains, while it finishes what is under way.
struct Leaving {
  struct Wanted {
    SharedDrainOrder order;
    Instant ends;  // its grace
  };
  std::vector<Wanted> drains;  // hardly ever more than one
  TimerWheel::Id timer = 0;    // for the earliest end
};

struct Session {
  enum class State : uint8_t {
    kGreeting,  // the dialect's handshake is awaited; only that is carried out
    kArriving,  // guards, admission and presence are being asked; nothing is read
    kOpen,
    kClosing,  // a close was begun, or the connection is gone; in no directory any more
  };

  Session(SessionKey k, Arrival arrival, Socket& s, Now now)
      : key(k),
        socket(&s),
        dialect(arrival.dialect),
        id(std::move(arrival.id)),
        space_name(std::move(arrival.space)),
        upgrade(std::make_unique<Upgrade>(std::move(arrival.upgrade))),
        connected_at(now.date),
        arrival(std::make_unique<ArrivalProgress>()) {
    this->arrival->since = now;
  }

  const SessionKey key;
  Socket* socket;  // valid until Shard::Closed
  const Dialect* dialect;
  DialectState dialect_state;
  State state = State::kArriving;
  bool first_frame_seen = false;
  bool authenticated = false;
  bool claimed = false;   // presence knows it under `id`, and it is open
  bool deciding = false;  // a guard is asked about the front of `inbox`
  bool probed = false;    // its id is wanted, and it was asked whether it still lives
  bool waiting = false;   // for its share of --commands-per-second; see the front of `inbox`
  uint32_t identity = 0;  // rises whenever it becomes somebody else

  std::string id;
  std::string user;
  Labels labels;
  std::string space_name;
  std::unique_ptr<Upgrade> upgrade;
  absl::Time connected_at;
  std::unique_ptr<ArrivalProgress> arrival;   // null once it is open
  std::unique_ptr<Leaving> leaving;           // null unless its turn in a drain has come
  std::unique_ptr<Token> token;               // that it is authenticated by, if it is by one
  std::unique_ptr<const std::string> detail;  // what others are shown of it, in some dialects

  // What waits for a guard's decision: commands on their way in, publications on their way out.
  // Lists, because an empty one costs nothing, and they are empty on almost every connection.
  std::list<QueuedCommand> inbox;
  std::list<QueuedPublication> outbound;
  size_t outbound_bytes = 0;
  std::list<Recheck> rechecks;  // before anything in `inbox`; `deciding` may be about the first

  // Directory's.
  Space* space = nullptr;
  Membership by_user;
  absl::InlinedVector<Membership, 1> channels;

  // Calls' and batches'.
  absl::InlinedVector<CallKey, 1> calls;
  std::vector<Key> batches;

  // Asks': what this client was asked and has not answered.
  absl::flat_hash_map<uint64_t, Key> asks;  // by number
  uint64_t next_ask = 1;

  TokenBucket commands;
  TimerWheel::Id turn = 0;   // `waiting`
  size_t free_channels = 0;  // that it may still subscribe to without paying for it
  Liveness liveness;
  TimerWheel::Id timer = 0;  // for `liveness`, or for the greeting
  TimerWheel::Id token_timer = 0;
};

}  // namespace sluice::hub
