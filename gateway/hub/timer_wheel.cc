// SPDX-License-Identifier: Apache-2.0
#include "gateway/hub/timer_wheel.h"

#include <algorithm>

namespace sluice::hub {

TimerWheel::TimerWheel() : slots_(kSlots, kNone) {}

// Rounded up, so that nothing fires early.
int64_t TimerWheel::TickOf(Instant time) {
  return absl::ToInt64Milliseconds(absl::Ceil(time.elapsed(), kTick)) /
         absl::ToInt64Milliseconds(kTick);
}

TimerWheel::Id TimerWheel::Schedule(Instant deadline, uint64_t token) {
  if (deadline == Instant::Future()) return 0;
  uint32_t index = Allocate();
  Node& node = nodes_[index];
  node.token = token;
  node.tick = std::max(TickOf(deadline), now_tick_ + 1);
  Link(index);
  return uint64_t{node.generation} << 32 | index;
}

void TimerWheel::Cancel(Id id) {
  uint32_t index = static_cast<uint32_t>(id);
  if (index >= nodes_.size()) return;
  Node& node = nodes_[index];
  if (node.generation != id >> 32 || !node.armed) return;
  Unlink(index);
}

void TimerWheel::Advance(Instant now, absl::FunctionRef<void(uint64_t)> fire) {
  // Rounded down: a tick is over only when all of it is.
  int64_t target = absl::ToInt64Milliseconds(now.elapsed()) / absl::ToInt64Milliseconds(kTick);
  if (target <= now_tick_) return;
  // After a long pause (or at the start) one turn of the wheel visits every slot.
  int64_t from = std::max(now_tick_ + 1, target - static_cast<int64_t>(kSlots) + 1);
  for (int64_t tick = from; tick <= target; ++tick) {
    now_tick_ = tick;
    FireSlot(tick, fire);
  }
}

// What is due is noted first: `fire` may change the slot's list, and cancel what was noted.
void TimerWheel::FireSlot(int64_t tick, absl::FunctionRef<void(uint64_t)> fire) {
  due_.clear();
  for (uint32_t i = slots_[tick % kSlots]; i != kNone; i = nodes_[i].next) {
    if (nodes_[i].tick <= tick) due_.push_back(uint64_t{nodes_[i].generation} << 32 | i);
  }
  for (size_t i = 0; i < due_.size(); ++i) {
    uint32_t index = static_cast<uint32_t>(due_[i]);
    if (nodes_[index].generation != due_[i] >> 32) continue;
    uint64_t token = nodes_[index].token;
    Unlink(index);
    fire(token);
  }
}

uint32_t TimerWheel::Allocate() {
  if (free_.empty()) {
    nodes_.emplace_back();
    return static_cast<uint32_t>(nodes_.size() - 1);
  }
  uint32_t index = free_.back();
  free_.pop_back();
  return index;
}

void TimerWheel::Link(uint32_t index) {
  Node& node = nodes_[index];
  uint32_t& head = slots_[node.tick % kSlots];
  node.next = head;
  node.previous = kNone;
  if (head != kNone) nodes_[head].previous = index;
  head = index;
  node.armed = true;
  ++size_;
}

void TimerWheel::Unlink(uint32_t index) {
  Node& node = nodes_[index];
  if (node.previous != kNone) {
    nodes_[node.previous].next = node.next;
  } else {
    slots_[node.tick % kSlots] = node.next;
  }
  if (node.next != kNone) nodes_[node.next].previous = node.previous;
  node.armed = false;
  ++node.generation;
  free_.push_back(index);
  --size_;
}

}  // namespace sluice::hub
