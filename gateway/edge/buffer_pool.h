// SPDX-License-Identifier: Apache-2.0
//
// Buffers for messages that are being read, lent from one shard's few: an idle connection holds
// none. What all of them hold together is bounded.
#pragma once

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

namespace sluice::edge {

class BufferPool {
 public:
  // Keeps at most `count_max` unused buffers, none larger than `bytes_max`. Those that are lent
  // hold at most `lent_max` bytes.
  BufferPool(size_t count_max, size_t bytes_max, size_t lent_max)
      : count_max_(count_max), bytes_max_(bytes_max), lent_max_(lent_max) {}

  // Whether a buffer may grow by so many bytes, which are given back at its end.
  bool Lend(size_t bytes) {
    if (bytes > lent_max_ - lent_) return false;
    lent_ += bytes;
    return true;
  }
  void Return(size_t bytes) { lent_ -= bytes; }

  std::string Take() {
    if (spare_.empty()) return {};
    std::string buffer = std::move(spare_.back());
    spare_.pop_back();
    return buffer;
  }

  void Give(std::string buffer) {
    if (spare_.size() >= count_max_ || buffer.capacity() > bytes_max_) return;
    buffer.clear();
    spare_.push_back(std::move(buffer));
  }

 private:
  const size_t count_max_;
  const size_t bytes_max_;
  const size_t lent_max_;
  size_t lent_ = 0;
  std::vector<std::string> spare_;
};

}  // namespace sluice::edge
