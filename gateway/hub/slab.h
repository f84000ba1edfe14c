// SPDX-License-Identifier: Apache-2.0
//
// Objects at stable addresses under keys that go stale: a slot that is used again has another
// generation, so an old key finds nothing. Single-threaded.
#pragma once

#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "gateway/hub/types.h"

namespace sluice::hub {

template <typename T>
class Slab {
 public:
  static constexpr size_t kMax = 1 << 24;  // what a Key can number

  explicit Slab(uint32_t shard) : shard_(shard) {}

  // The object's key is its first constructor argument. At most kMax at once; the bounds of
  // connections and calls are far below.
  template <typename... Args>
  T& Emplace(Args&&... args) {
    uint32_t index = Allocate();
    Slot& slot = slots_[index];
    slot.object =
        std::make_unique<T>(Key::Make(shard_, index, slot.generation), std::forward<Args>(args)...);
    ++size_;
    return *slot.object;
  }

  T* Find(Key key) const {
    if (key.shard() != shard_ || key.slot() >= slots_.size()) return nullptr;
    const Slot& slot = slots_[key.slot()];
    return slot.generation == key.generation() ? slot.object.get() : nullptr;
  }

  void Erase(Key key) {
    if (Find(key) == nullptr) return;
    Slot& slot = slots_[key.slot()];
    std::unique_ptr<T> dying = std::move(slot.object);
    if (++slot.generation == 0) slot.generation = 1;
    free_.push_back(key.slot());
    --size_;
  }

  // In slot order; `visit(T&)` may erase the object that it is shown, and no other.
  template <typename Visit>
  void ForEach(Visit visit) const {
    for (size_t i = 0; i < slots_.size(); ++i) {
      if (slots_[i].object) visit(*slots_[i].object);
    }
  }

  size_t size() const { return size_; }

 private:
  struct Slot {
    std::unique_ptr<T> object;
    uint32_t generation = 1;
  };

  uint32_t Allocate() {
    if (free_.empty()) {
      slots_.emplace_back();
      return static_cast<uint32_t>(slots_.size() - 1);
    }
    uint32_t index = free_.back();
    free_.pop_back();
    return index;
  }

  uint32_t shard_;
  std::vector<Slot> slots_;
  std::vector<uint32_t> free_;
  size_t size_ = 0;
};

}  // namespace sluice::hub
