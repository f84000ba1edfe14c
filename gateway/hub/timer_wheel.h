// SPDX-License-Identifier: Apache-2.0
//
// Many deadlines, one clock: a hashed timer wheel. Schedule and Cancel are O(1), whatever the
// number of deadlines; a deadline fires at the first Advance that is told a time not before it, and
// at most one kTick late on top of how often Advance is called.
//
// Single-threaded; reads no clock.
#pragma once

#include <cstdint>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/time/time.h"
#include "storage/time.h"

namespace sluice::hub {

class TimerWheel {
 public:
  // Names a deadline until it has fired or was cancelled; 0 is none. Never reused for another
  // while a stale copy could still be held (a generation is part of it).
  using Id = uint64_t;
  static constexpr absl::Duration kTick = absl::Milliseconds(10);

  TimerWheel();

  // `token` is the caller's own and comes back when the deadline fires.
  Id Schedule(Instant deadline, uint64_t token);

  // Without effect on 0 and on what has fired already.
  void Cancel(Id id);

  // Fires what is due. `fire` may schedule and cancel.
  void Advance(Instant now, absl::FunctionRef<void(uint64_t token)> fire);

  size_t size() const { return size_; }

 private:
  static constexpr size_t kSlots = 1024;  // about ten seconds a turn
  static constexpr uint32_t kNone = ~uint32_t{0};

  struct Node {
    uint64_t token = 0;
    int64_t tick = 0;  // when it is due
    uint32_t generation = 1;
    uint32_t next = kNone;
    uint32_t previous = kNone;
    bool armed = false;
  };

  static int64_t TickOf(Instant time);
  uint32_t Allocate();
  void Link(uint32_t index);
  void Unlink(uint32_t index);
  void FireSlot(int64_t tick, absl::FunctionRef<void(uint64_t)> fire);

  std::vector<uint32_t> slots_;
  std::vector<Node> nodes_;
  std::vector<uint32_t> free_;
  std::vector<Id> due_;    // scratch of FireSlot
  int64_t now_tick_ = -1;  // everything up to and including it has fired
  size_t size_ = 0;
};

}  // namespace sluice::hub
