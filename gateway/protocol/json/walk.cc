// SPDX-License-Identifier: Apache-2.0
#include "gateway/protocol/json/walk.h"

#include <cstdint>

#include "absl/strings/ascii.h"

namespace sluice::protocol {
namespace {

struct NoVisitor {
  void Open(bool) {}
  void Close() {}
  void Key(std::string_view) {}
  void Scalar(std::string_view) {}
};

bool IsDigit(const char* at, const char* end) { return at != end && absl::ascii_isdigit(*at); }

const char* SkipDigits(const char* at, const char* end) {
  while (IsDigit(at, end)) ++at;
  return at;
}

// The value of four hexadecimal digits, or -1.
int32_t Hex4(const char* at, const char* end) {
  if (end - at < 4) return -1;
  int32_t value = 0;
  for (int i = 0; i < 4; ++i) {
    if (!absl::ascii_isxdigit(at[i])) return -1;
    int digit = absl::ascii_isdigit(at[i]) ? at[i] - '0' : absl::ascii_tolower(at[i]) - 'a' + 10;
    value = value * 16 + digit;
  }
  return value;
}

// `at` is behind "\u". A surrogate must have its partner.
const char* SkipUnicode(const char* at, const char* end) {
  int32_t unit = Hex4(at, end);
  if (unit < 0 || (unit >= 0xdc00 && unit <= 0xdfff)) return nullptr;
  at += 4;
  if (unit < 0xd800 || unit > 0xdbff) return at;
  if (end - at < 6 || at[0] != '\\' || at[1] != 'u') return nullptr;
  int32_t low = Hex4(at + 2, end);
  return low >= 0xdc00 && low <= 0xdfff ? at + 6 : nullptr;
}

// `at` is behind the backslash.
const char* SkipEscape(const char* at, const char* end) {
  if (at == end) return nullptr;
  if (*at == 'u') return SkipUnicode(at + 1, end);
  return std::string_view("\"\\/bfnrt").find(*at) != std::string_view::npos ? at + 1 : nullptr;
}

// The end of a string, whatever it holds, or null if it is not closed.
const char* PassString(const char* at, const char* end) {
  for (++at; at != end; ++at) {
    if (*at == '"') return at + 1;
    if (*at == '\\' && ++at == end) return nullptr;
  }
  return nullptr;
}

// The end of an array or object, by the count of its brackets.
const char* PassContainer(const char* at, const char* end) {
  size_t depth = 0;
  while (at != nullptr && at != end) {
    if (*at == '"') {
      at = PassString(at, end);
      continue;
    }
    if (*at == '{' || *at == '[') ++depth;
    if (*at == '}' || *at == ']') --depth;
    ++at;
    if (depth == 0) return at;
  }
  return nullptr;
}

}  // namespace

namespace json_internal {

const char* SkipString(const char* at, const char* end, std::string_view* what) {
  ++at;
  while (at != end) {
    auto c = static_cast<unsigned char>(*at);
    if (c == '"') return at + 1;
    if (c < 0x20) {
      *what = "a string holds a control character";
      return nullptr;
    }
    ++at;
    if (c != '\\') continue;
    at = SkipEscape(at, end);
    if (at == nullptr) {
      *what = "a string holds a bad escape";
      return nullptr;
    }
  }
  *what = "a string is not closed";
  return nullptr;
}

const char* SkipNumber(const char* at, const char* end, std::string_view* what) {
  *what = "a value is malformed";
  if (*at == '-') ++at;
  if (!IsDigit(at, end)) return nullptr;
  at = *at == '0' ? at + 1 : SkipDigits(at, end);
  if (at != end && *at == '.') {
    if (!IsDigit(at + 1, end)) return nullptr;
    at = SkipDigits(at + 1, end);
  }
  if (at != end && (*at == 'e' || *at == 'E')) {
    ++at;
    if (at != end && (*at == '+' || *at == '-')) ++at;
    if (!IsDigit(at, end)) return nullptr;
    at = SkipDigits(at, end);
  }
  *what = {};
  return at;
}

const char* SkipWord(const char* at, const char* end, std::string_view* what) {
  std::string_view rest(at, end - at);
  for (std::string_view word : {"true", "false", "null"}) {
    if (rest.starts_with(word)) return at + word.size();
  }
  *what = "a value is malformed";
  return nullptr;
}

bool AtDelimiter(const char* at, const char* end) {
  return at == end || std::string_view(" \t\r\n,:[]{}\"").find(*at) != std::string_view::npos;
}

const char* PassValue(const char* at, const char* end) {
  if (at == end) return nullptr;
  if (*at == '"') return PassString(at, end);
  if (*at == '{' || *at == '[') return PassContainer(at, end);
  const char* begin = at;
  while (!AtDelimiter(at, end)) ++at;
  return at == begin ? nullptr : at;
}

}  // namespace json_internal

std::string JsonFlaw::ToString() const {
  return std::string(what) + " at byte " + std::to_string(offset);
}

JsonFlaw CheckJson(std::string_view text, size_t depth_max) {
  NoVisitor visitor;
  return JsonWalk<NoVisitor>(text, depth_max, visitor).Run();
}

}  // namespace sluice::protocol
