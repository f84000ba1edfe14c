// SPDX-License-Identifier: Apache-2.0
//
// Buffers for messages that are being read, lent from one shard's few: an idle connection holds
// none. What all of them hold together is bounded.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace sluice::edge {

class BufferPool {
 public:
  class Buffer {
   public:
    std::string bytes;

   private:
    friend class BufferPool;
    size_t lent_ = 0;
  };

  // Keeps at most `count_max` unused buffers, none larger than `bytes_max`. Those that are lent
  // hold at most `lent_max` bytes, beside what they were given without asking.
  BufferPool(size_t count_max, size_t bytes_max, size_t lent_max)
      : count_max_(count_max), bytes_max_(bytes_max), lent_max_(lent_max) {}

  // An empty one, to be given back.
  std::unique_ptr<Buffer> Take() {
    if (spare_.empty()) return std::make_unique<Buffer>();
    std::unique_ptr<Buffer> buffer = std::move(spare_.back());
    spare_.pop_back();
    return buffer;
  }

  // Makes it larger. False: all of them hold too much.
  bool Grow(Buffer& buffer, size_t bytes) {
    if (bytes > lent_max_ - lent_) return false;
    lent_ += bytes;
    buffer.lent_ += bytes;
    buffer.bytes.resize(buffer.bytes.size() + bytes);
    return true;
  }

  void Give(std::unique_ptr<Buffer> buffer) {
    lent_ -= std::exchange(buffer->lent_, 0);
    if (spare_.size() >= count_max_ || buffer->bytes.capacity() > bytes_max_) return;
    buffer->bytes.clear();
    spare_.push_back(std::move(buffer));
  }

 private:
  const size_t count_max_;
  const size_t bytes_max_;
  const size_t lent_max_;
  size_t lent_ = 0;
  std::vector<std::unique_ptr<Buffer>> spare_;
};

}  // namespace sluice::edge
