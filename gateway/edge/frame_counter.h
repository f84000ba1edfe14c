// SPDX-License-Identifier: Apache-2.0
//
// Counts the frames of a WebSocket's incoming bytes (RFC 6455 5.2) that begin no message: control
// frames and continuations. Nobody else sees them all: Beast takes empty continuations in silence.
// What breaks the protocol is Beast's to refuse; here it only miscounts.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace sluice::edge {

class FrameCounter {
 public:
  // Takes the bytes that come next; returns how many such frames have their first byte in them.
  size_t Put(std::string_view bytes);

 private:
  void TakeHeaderByte(uint8_t byte);

  // Within a header: the length as far as it was read. Behind one: what is left of the frame.
  uint64_t bytes_ = 0;
  uint8_t filled_ = 0;  // bytes of the header that are known
  uint8_t second_ = 0;  // of them
};

}  // namespace sluice::edge
