// SPDX-License-Identifier: Apache-2.0
#include "gateway/hub/frame.h"

#include <cstdint>

namespace sluice::hub {
namespace {

constexpr uint8_t kFinal = 0x80;
constexpr uint8_t kOpcodeText = 0x1;
constexpr uint8_t kOpcodeBinary = 0x2;
constexpr size_t kSmallMax = 125;      // length in the second byte itself
constexpr size_t kMediumMax = 0xffff;  // length in two further bytes

void AppendBigEndian(std::string& out, uint64_t value, int bytes) {
  for (int shift = (bytes - 1) * 8; shift >= 0; shift -= 8) {
    out.push_back(static_cast<char>(value >> shift & 0xff));
  }
}

}  // namespace

void AppendFrameHeader(std::string& out, bool binary, size_t size) {
  out.push_back(static_cast<char>(kFinal | (binary ? kOpcodeBinary : kOpcodeText)));
  if (size <= kSmallMax) {
    out.push_back(static_cast<char>(size));
  } else if (size <= kMediumMax) {
    out.push_back(126);
    AppendBigEndian(out, size, 2);
  } else {
    out.push_back(127);
    AppendBigEndian(out, size, 8);
  }
}

std::string MakeFrame(bool binary, std::string_view payload) {
  std::string frame;
  frame.reserve(kFrameHeaderMax + payload.size());
  AppendFrameHeader(frame, binary, payload.size());
  frame.append(payload);
  return frame;
}

}  // namespace sluice::hub
