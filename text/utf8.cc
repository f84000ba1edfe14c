// SPDX-License-Identifier: Apache-2.0
#include "text/utf8.h"

#include <algorithm>
#include <cstdint>
#include <cstring>

namespace sluice::text {
namespace {

constexpr std::string_view kReplacement = "\xef\xbf\xbd";

uint8_t ByteAt(std::string_view bytes, size_t at) { return static_cast<uint8_t>(bytes[at]); }

bool Within(uint8_t byte, uint8_t first, uint8_t last) { return byte >= first && byte <= last; }

// Where the ASCII that begins at `at` ends.
size_t SkipAscii(std::string_view bytes, size_t at) {
  constexpr uint64_t kHighBits = 0x8080808080808080;
  for (uint64_t eight; bytes.size() - at >= sizeof(eight); at += sizeof(eight)) {
    std::memcpy(&eight, bytes.data() + at, sizeof(eight));
    if ((eight & kHighBits) != 0) break;
  }
  while (at < bytes.size() && ByteAt(bytes, at) < 0x80) ++at;
  return at;
}

// What may follow a lead byte: how many bytes there are in all (0: it is no lead byte), and the
// bounds of the second one. Table 3-7.
struct Lead {
  size_t size = 0;
  uint8_t second_min = 0x80;
  uint8_t second_max = 0xbf;
};
Lead LeadOf(uint8_t byte) {
  if (Within(byte, 0xc2, 0xdf)) return {2};
  if (byte == 0xe0) return {3, 0xa0, 0xbf};
  if (byte == 0xed) return {3, 0x80, 0x9f};
  if (Within(byte, 0xe1, 0xef)) return {3};
  if (byte == 0xf0) return {4, 0x90, 0xbf};
  if (Within(byte, 0xf1, 0xf3)) return {4};
  if (byte == 0xf4) return {4, 0x80, 0x8f};
  return {};
}

struct Part {
  size_t size = 1;  // of the character, or of what was begun of one
  bool whole = false;
};
Part PartAt(std::string_view bytes, size_t at) {
  const Lead lead = LeadOf(ByteAt(bytes, at));
  if (lead.size == 0) return {};
  Part part;
  for (; part.size < lead.size && at + part.size < bytes.size(); ++part.size) {
    uint8_t byte = ByteAt(bytes, at + part.size);
    bool second = part.size == 1;
    if (!Within(byte, second ? lead.second_min : 0x80, second ? lead.second_max : 0xbf)) break;
  }
  part.whole = part.size == lead.size;
  return part;
}

// Where the well-formed text at the front ends.
size_t SoundPrefix(std::string_view bytes) {
  for (size_t at = SkipAscii(bytes, 0);; at = SkipAscii(bytes, at)) {
    if (at == bytes.size()) return at;
    Part part = PartAt(bytes, at);
    if (!part.whole) return at;
    at += part.size;
  }
}

}  // namespace

bool IsUtf8(std::string_view bytes) { return SoundPrefix(bytes) == bytes.size(); }

std::string ToUtf8(std::string bytes) {
  std::string_view rest = bytes;
  size_t sound = SoundPrefix(rest);
  if (sound == rest.size()) return bytes;
  std::string repaired;
  repaired.reserve(bytes.size() + kReplacement.size());
  while (true) {
    repaired += rest.substr(0, sound);
    if (sound == rest.size()) return repaired;
    repaired += kReplacement;
    rest.remove_prefix(sound + PartAt(rest, sound).size);
    sound = SoundPrefix(rest);
  }
}

std::string_view CutUtf8(std::string_view text, size_t bytes_max) {
  if (text.size() <= bytes_max) return text;
  // Back to where a character begins.
  size_t end = bytes_max;
  while (end > 0 && Within(ByteAt(text, end), 0x80, 0xbf)) --end;
  return text.substr(0, end);
}

}  // namespace sluice::text
