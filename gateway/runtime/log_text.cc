// SPDX-License-Identifier: Apache-2.0
#include "gateway/runtime/log_text.h"

#include <algorithm>
#include <cstdint>

#include "absl/strings/str_format.h"
#include "text/utf8.h"

namespace sluice::runtime {
namespace {

// One character of UTF-8.
struct Character {
  char32_t code = 0;
  size_t size = 1;
};

// The first of a text that is UTF-8.
Character First(std::string_view text) {
  const auto first = static_cast<unsigned char>(text[0]);
  if (first < 0x80) return {first, 1};
  const size_t size = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  char32_t code = first & (0x7f >> size);
  for (size_t i = 1; i < size; ++i) code = code << 6 | (static_cast<unsigned char>(text[i]) & 0x3f);
  return {code, size};
}

// Line and paragraph separators, and marks that turn the direction of what follows: with them a
// value looks like another one, or like a line of its own.
bool Misleads(char32_t code) {
  return code == 0x61c || code == 0x200e || code == 0x200f || (code >= 0x2028 && code <= 0x202e) ||
         (code >= 0x2066 && code <= 0x2069) || code == 0xfeff;
}

bool IsControl(char32_t code) { return code < 0x20 || (code >= 0x7f && code <= 0x9f); }

std::string Escape(std::string_view bytes) {
  const std::string whole = text::ToUtf8(std::string(bytes));
  std::string escaped;
  escaped.reserve(whole.size());
  for (std::string_view rest = whole; !rest.empty();) {
    const Character character = First(rest);
    if (IsControl(character.code) || Misleads(character.code)) {
      absl::StrAppendFormat(&escaped, "\\u%04x", static_cast<uint32_t>(character.code));
    } else {
      if (character.code == '"' || character.code == '\\') escaped += '\\';
      escaped += rest.substr(0, character.size);
    }
    rest.remove_prefix(character.size);
  }
  return escaped;
}

bool IsPlain(char c) {
  return static_cast<unsigned char>(c) > 0x20 && c != 0x7f && c != '"' && c != '=';
}

}  // namespace

std::string JsonText(std::string_view text) { return "\"" + Escape(text) + "\""; }

std::string PlainText(std::string_view text) {
  if (text.empty() || !std::all_of(text.begin(), text.end(), IsPlain)) return JsonText(text);
  std::string escaped = Escape(text);
  // A value that needed escaping shows by its quotes that it was escaped.
  return escaped == text ? escaped : "\"" + escaped + "\"";
}

}  // namespace sluice::runtime
