// SPDX-License-Identifier: Apache-2.0
#include "control/ctl/printable.h"

#include <wchar.h>

#include <algorithm>
#include <cstdint>

#include "absl/strings/str_format.h"
#include "text/utf8.h"

namespace sluice::ctl {
namespace {

constexpr std::string_view kEllipsis = "\u2026";

// How many bytes the character at the front of `text`, which is UTF-8, has.
size_t LengthOf(std::string_view text) {
  const auto first = static_cast<unsigned char>(text.front());
  const size_t length = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
  return std::min(length, text.size());
}

uint32_t CodeOf(std::string_view character) {
  const auto first = static_cast<unsigned char>(character.front());
  if (character.size() == 1) return first;
  uint32_t code = first & (0xffu >> (character.size() + 1));
  for (char byte : character.substr(1)) {
    code = code << 6 | (static_cast<unsigned char>(byte) & 0x3fu);
  }
  return code;
}

bool Controls(uint32_t code) {
  return code < 0x20 || (code >= 0x7f && code < 0xa0) || code == 0x061c ||
         (code >= 0x200e && code <= 0x200f) || (code >= 0x2028 && code <= 0x202e) ||
         (code >= 0x2066 && code <= 0x2069) || code == 0xfeff;
}

size_t WidthOfCode(uint32_t code) {
  const int width = wcwidth(static_cast<wchar_t>(code));
  // Of what the C library does not know, the terminal shows something.
  return width < 0 ? 1 : static_cast<size_t>(width);
}

// Calls `take` with each character of `text` and its code; bytes that are no UTF-8 come alone, with
// a code that controls.
template <typename Take>
void ForEach(std::string_view text, Take take) {
  while (!text.empty()) {
    size_t length = LengthOf(text);
    const bool good = text::IsUtf8(text.substr(0, length));
    if (!good) length = 1;
    const std::string_view character = text.substr(0, length);
    take(character, good ? CodeOf(character) : 0u);
    text.remove_prefix(length);
  }
}

}  // namespace

std::string Printable(std::string_view text) {
  std::string printable;
  ForEach(text, [&](std::string_view character, uint32_t code) {
    if (!Controls(code)) {
      printable += character;
      return;
    }
    for (char byte : character) {
      printable += absl::StrFormat("\\x%02x", static_cast<unsigned char>(byte));
    }
  });
  return printable;
}

std::string PrintableJson(std::string_view json) {
  std::string printable;
  ForEach(json, [&](std::string_view character, uint32_t code) {
    // Below 0x20 there is only what lays the text out: JSON's own writer has escaped the others.
    if (code < 0x20 || !Controls(code)) {
      printable += character;
    } else {
      printable += absl::StrFormat("\\u%04x", code);
    }
  });
  return printable;
}

size_t WidthOf(std::string_view text) {
  size_t width = 0;
  ForEach(text, [&](std::string_view, uint32_t code) { width += WidthOfCode(code); });
  return width;
}

std::string CutToWidth(std::string_view text, size_t columns) {
  if (WidthOf(text) <= columns) return std::string(text);
  if (columns == 0) return std::string();
  std::string cut;
  size_t width = 0;
  bool full = false;
  ForEach(text, [&](std::string_view character, uint32_t code) {
    const size_t own = WidthOfCode(code);
    full = full || width + own > columns - 1;
    if (full) return;
    width += own;
    cut += character;
  });
  cut += kEllipsis;
  return cut;
}

}  // namespace sluice::ctl
