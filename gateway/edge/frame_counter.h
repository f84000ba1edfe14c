// SPDX-License-Identifier: Apache-2.0
//
// Counts the frames of a WebSocket's incoming bytes (RFC 6455 5.2) that begin no message: control
// frames and continuations. Nobody else sees them all: Beast takes empty continuations in silence.
// What breaks the protocol is Beast's to refuse; here it only miscounts.
#pragma once

#include <array>
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

  std::array<uint8_t, 10> header_;
  uint8_t filled_ = 0;  // bytes of the header that are known
  uint64_t skip_ = 0;   // bytes of mask and payload that are left of the frame
};

}  // namespace sluice::edge
