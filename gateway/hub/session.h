// SPDX-License-Identifier: Apache-2.0
//
// One connection, as its shard knows it. Owned by the shard's slab; the parts of the shard change
// it, each its own fields (named in the comments).
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/container/inlined_vector.h"
#include "gateway/hub/dialect.h"
#include "gateway/hub/shard_types.h"
#include "gateway/hub/socket.h"
#include "gateway/hub/timer_wheel.h"
#include "gateway/hub/token_bucket.h"
#include "gateway/hub/types.h"
#include "gateway/hub/worker.h"

namespace sluice::hub {

struct Group;
struct Space;

// A session's place in a group: which, and where in its member list, so that leaving is O(1).
struct Membership {
  Group* group = nullptr;
  uint32_t index = 0;
};

struct Session {
  enum class State : uint8_t {
    kArriving,  // admission and presence are being asked; nothing is read
    kOpen,
    kClosing,  // a close was begun, or the connection is gone; in no directory any more
  };

  Session(SessionKey k, Arrival arrival, Socket& s, Time now)
      : key(k),
        socket(&s),
        dialect(arrival.dialect),
        id(std::move(arrival.id)),
        space_name(std::move(arrival.space)),
        upgrade(std::make_unique<const Upgrade>(std::move(arrival.upgrade))),
        connected_at(now),
        last_seen(now) {}

  const SessionKey key;
  Socket* socket;  // valid until Shard::Closed
  State state = State::kArriving;
  const Dialect* dialect;
  DialectState dialect_state;
  bool first_frame_seen = false;
  bool authenticated = false;
  bool ping_outstanding = false;
  bool claimed = false;  // presence knows it under `id`
  bool taking_over = false;

  std::string id;
  std::string user;
  Labels labels;
  std::string space_name;
  std::unique_ptr<const Upgrade> upgrade;
  Time connected_at;
  Time last_seen;
  std::unique_ptr<Accept> accepted;  // what admission said, until the session opens

  // Directory's.
  Space* space = nullptr;
  Membership by_user;
  absl::InlinedVector<Membership, 1> channels;

  // Calls' and batches'.
  absl::InlinedVector<CallKey, 1> calls;
  std::vector<Key> batches;

  // Asks': what this client was asked and has not answered.
  std::vector<Key> asks;
  uint64_t next_ask = 1;

  TokenBucket commands;
  TimerWheel::Id timer = 0;  // keepalive
};

}  // namespace sluice::hub
