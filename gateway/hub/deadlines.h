// SPDX-License-Identifier: Apache-2.0
//
// The deadlines of a shard: each is about something that has a key. One wheel for all of them.
// Single-threaded.
#pragma once

#include <cstdint>
#include <utility>

#include "gateway/hub/timer_wheel.h"
#include "gateway/hub/types.h"

namespace sluice::hub {

class Deadlines {
 public:
  // What is due, and whose key it has.
  enum class Kind : uint8_t {
    kLife = 1,  // a session's: its greeting, or its next ping
    kExpiry,    // a session's token
    kTurn,      // a session's share of its rate
    kGrace,     // a session's, in a drain
    kLifetime,  // a session's, at most
    kIdProbe,   // a session's, whose id is wanted
    kCall,      // a call's
    kRequest,   // a request's
  };

  explicit Deadlines(uint32_t shard) : shard_(shard) {}

  TimerWheel::Id Schedule(Kind kind, Key key, Instant at) {
    return wheel_.Schedule(at,
                           uint64_t{static_cast<uint8_t>(kind)} << kShift | (key.value & kRest));
  }
  // Unknown ids and 0 are ignored; `id` is 0 from then on.
  void Cancel(TimerWheel::Id& id) { wheel_.Cancel(std::exchange(id, 0)); }

  // Calls `due(kind, key)` for each whose time has come.
  template <typename Due>
  void Advance(Instant now, Due due) {
    wheel_.Advance(now, [&](uint64_t token) {
      due(static_cast<Kind>(token >> kShift), Key{(token & kRest) | uint64_t{shard_} << kShift});
    });
  }

 private:
  // A key's top byte is its shard, which is always this one: the kind stands in its place.
  static constexpr int kShift = 56;
  static constexpr uint64_t kRest = (uint64_t{1} << kShift) - 1;

  const uint32_t shard_;
  TimerWheel wheel_;
};

}  // namespace sluice::hub
