// SPDX-License-Identifier: Apache-2.0
//
// WebSocket frames as a server sends them (RFC 6455 5.2): final, unmasked, uncompressed.
#pragma once

#include <string>
#include <string_view>

namespace sluice::hub {

inline constexpr size_t kFrameHeaderMax = 10;  // bytes; a server's frames carry no mask

// Appends the header of a data frame whose payload has `size` bytes.
void AppendFrameHeader(std::string& out, bool binary, size_t size);

// One whole data frame.
std::string MakeFrame(bool binary, std::string_view payload);

// Whether bytes begin with a close frame (RFC 6455 5.5.1).
inline bool IsCloseFrame(std::string_view bytes) {
  return !bytes.empty() && static_cast<unsigned char>(bytes[0]) == 0x88;
}

// An empty ping.
inline constexpr std::string_view kPingFrame{"\x89\x00", 2};

}  // namespace sluice::hub
