// SPDX-License-Identifier: Apache-2.0
//
// One connection, as its shard knows it. Owned by the shard's Sessions. Each part of the shard has
// its own fields, which it alone changes; what a connection seldom has stands behind a pointer.
#pragma once

#include <cstdint>
#include <forward_list>
#include <list>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/inlined_vector.h"
#include "gateway/hub/arrival.h"
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

namespace sluice::hub {

struct Group;
struct Namespace;

// Who a session is (authentication.h).
struct Identity {
  std::string id;
  std::string user;
  Labels labels;
  std::unique_ptr<Token> token;  // that it is authenticated by, if it is by one
  TimerWheel::Id expiry = 0;     // for `token`
  uint32_t version = 0;          // rises whenever it becomes somebody else
  bool authenticated = false;
  bool claimed = false;  // presence knows it under `id`, and it is open (successions.h)
};

// What a session said of itself when it came; does not change.
struct Origin {
  Upgrade upgrade;
  absl::Time connected_at;
  std::unique_ptr<const std::string> detail;  // what others are shown of it, in some dialects
};

// A session's place in a group: which, and where in its member list, so that leaving is O(1).
struct Membership {
  Group* group = nullptr;
  uint32_t index = 0;
  Entry entry = Entry::kBackend;  // of a channel
};

// A channel about which the guard of subscriptions is asked again (rights.h).
struct Recheck {
  std::string channel;  // empty: it has left meanwhile
  Entry entry = Entry::kStranger;
  bool inside = false;  // it stays a member meanwhile
};

// Where a session is (directory.h, rights.h).
struct Places {
  Membership by_user;
  absl::InlinedVector<Membership, 1> channels;
  std::list<Recheck> rechecks;  // the first may be being decided, and keeps its place
};

// A command behind others that are not decided yet.
struct QueuedCommand {
  Command command;
  Key batch;
  size_t decided = 0;  // questions about it that guards have answered with yes
};

// What a client said and has not been carried out (inbox.h), and what it may still say.
struct Inbox {
  std::list<QueuedCommand> commands;  // a list, because an empty one costs nothing
  TokenBucket rate;
  TimerWheel::Id turn = 0;     // `waiting`
  uint32_t free_channels = 0;  // that it may still subscribe to without paying for it
  bool waiting = false;        // for its share of --commands-per-second
  bool deciding = false;       // a guard is asked about the front, or about the first recheck
  bool first_frame_seen = false;
};

// A publication that waits for a guard, and what it is taken to weigh (delivery.h).
struct UndecidedPublication {
  SharedMessage message;
  size_t bytes = 0;
};
struct Undecided {
  std::list<UndecidedPublication> publications;
  size_t bytes = 0;
};

// What is under way for it.
struct UnderWay {
  absl::InlinedVector<CallKey, 1> calls;  // that workers have not answered (invoker.h)
  std::forward_list<Key> batches;         // of commands (answers.h)
  // That it has not answered, by number (requests.h); null: it was never asked.
  std::unique_ptr<absl::flat_hash_map<uint64_t, Key>> requests;
  uint64_t next_request = 1;

  size_t owed() const { return requests ? requests->size() : 0; }
};

// Whether it lives (keepalive.h), and whether somebody wants to know (conflicts.h).
struct Life {
  Liveness liveness;
  TimerWheel::Id timer = 0;  // for `liveness`, or for the greeting
  TimerWheel::Id end = 0;    // of the time that it may last (lifetimes.h)
  bool probed = false;       // its id is wanted, and it was asked whether it still lives
};

// A connection whose turn has come in drains, while it finishes what is under way (leaving.h).
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

  Session(SessionKey k, Namespace& n, Arrival a, Socket& s, Now now);
  ~Session();

  // Answers the upgrade, unless that was done. Whoever offers subprotocols waits for it until those
  // who may choose one were asked; others are answered at once.
  void Agree();

  bool open() const { return state == State::kOpen; }
  // Whether what it says is taken.
  bool Hears() const { return state == State::kOpen || state == State::kGreeting; }
  // Its turn in a drain has come, and it owes no answer that would have to be read.
  bool Silenced() const { return leaving && under_way.owed() == 0; }
  // Whether it may be read from.
  bool Reading() const {
    return Hears() && !inbox.deciding && !inbox.waiting && inbox.commands.empty() && !Silenced();
  }

  const SessionKey key;
  Socket* socket;  // valid until Shard::Closed
  const Dialect* dialect;
  DialectState dialect_state;
  State state = State::kArriving;
  Namespace* space;  // never null
  Identity who;
  Origin origin;
  Places places;
  std::unique_ptr<Arriving> arrival;  // null once it is open
  Inbox inbox;
  std::unique_ptr<Undecided> undecided;  // null: no publication waits
  UnderWay under_way;
  Life life;
  std::unique_ptr<Leaving> leaving;  // null unless its turn in a drain has come
};

}  // namespace sluice::hub
