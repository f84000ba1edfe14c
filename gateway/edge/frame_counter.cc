// SPDX-License-Identifier: Apache-2.0
#include "gateway/edge/frame_counter.h"

#include <algorithm>

namespace sluice::edge {
namespace {

constexpr uint8_t kOpcode = 0x0f;
constexpr uint8_t kControl = 0x08;  // opcodes from here on
constexpr uint8_t kMasked = 0x80;
constexpr uint8_t kMaskBytes = 4;

size_t HeaderBytes(uint8_t second) {
  uint8_t length = second & ~kMasked;
  return length < 126 ? 2 : length == 126 ? 4 : 10;
}

}  // namespace

size_t FrameCounter::Put(std::string_view bytes) {
  size_t frames = 0;
  while (!bytes.empty()) {
    if (filled_ == 0 && bytes_ > 0) {
      size_t skipped = static_cast<size_t>(std::min<uint64_t>(bytes_, bytes.size()));
      bytes_ -= skipped;
      bytes.remove_prefix(skipped);
      continue;
    }
    auto byte = static_cast<uint8_t>(bytes.front());
    bytes.remove_prefix(1);
    if (filled_ == 0 && ((byte & kOpcode) == 0 || (byte & kOpcode) >= kControl)) ++frames;
    TakeHeaderByte(byte);
  }
  return frames;
}

void FrameCounter::TakeHeaderByte(uint8_t byte) {
  ++filled_;
  if (filled_ == 1) return;
  if (filled_ == 2) second_ = byte;
  const size_t header = HeaderBytes(second_);
  if (filled_ > 2) bytes_ = bytes_ << 8 | byte;
  if (filled_ < header) return;
  if (header == 2) bytes_ = second_ & ~kMasked;
  const uint64_t mask = second_ & kMasked ? kMaskBytes : 0;
  bytes_ = bytes_ > UINT64_MAX - mask ? UINT64_MAX : bytes_ + mask;
  filled_ = 0;
}

}  // namespace sluice::edge
