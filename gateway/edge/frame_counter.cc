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
    if (skip_ > 0) {
      size_t skipped = static_cast<size_t>(std::min<uint64_t>(skip_, bytes.size()));
      skip_ -= skipped;
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
  header_[filled_++] = byte;
  if (filled_ < 2 || filled_ < HeaderBytes(header_[1])) return;
  uint64_t length = filled_ == 2 ? header_[1] & ~kMasked : 0;
  for (size_t i = 2; i < filled_; ++i) length = length << 8 | header_[i];
  uint64_t mask = header_[1] & kMasked ? kMaskBytes : 0;
  skip_ = length > UINT64_MAX - mask ? UINT64_MAX : length + mask;
  filled_ = 0;
}

}  // namespace sluice::edge
