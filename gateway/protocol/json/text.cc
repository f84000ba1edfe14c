// SPDX-License-Identifier: Apache-2.0
#include "gateway/protocol/json/text.h"

#include <array>
#include <charconv>
#include <cmath>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"

namespace sluice::protocol {
namespace {

int HexDigit(char c) {
  return absl::ascii_isdigit(c) ? c - '0' : absl::ascii_tolower(c) - 'a' + 10;
}

uint32_t Hex4(std::string_view digits) {
  uint32_t value = 0;
  for (int i = 0; i < 4; ++i) value = value * 16 + HexDigit(digits[i]);
  return value;
}

void AppendUtf8(std::string& out, uint32_t code) {
  if (code < 0x80) {
    out += static_cast<char>(code);
    return;
  }
  if (code < 0x800) {
    out += static_cast<char>(0xc0 | code >> 6);
  } else {
    if (code < 0x10000) {
      out += static_cast<char>(0xe0 | code >> 12);
    } else {
      out += static_cast<char>(0xf0 | code >> 18);
      out += static_cast<char>(0x80 | (code >> 12 & 0x3f));
    }
    out += static_cast<char>(0x80 | (code >> 6 & 0x3f));
  }
  out += static_cast<char>(0x80 | (code & 0x3f));
}

// `rest` is behind "\u"; returns how much of it was used.
size_t AppendUnicode(std::string& out, std::string_view rest) {
  uint32_t code = Hex4(rest);
  if (code < 0xd800 || code > 0xdfff) {
    AppendUtf8(out, code);
    return 4;
  }
  // A surrogate without its partner stands for no character.
  uint32_t low = code < 0xdc00 && rest.size() >= 10 ? Hex4(rest.substr(6)) : 0;
  if (low < 0xdc00 || low > 0xdfff) {
    AppendUtf8(out, 0xfffd);
    return 4;
  }
  AppendUtf8(out, 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00));
  return 10;
}

char Unescaped(char c) {
  switch (c) {
    case 'b':
      return '\b';
    case 'f':
      return '\f';
    case 'n':
      return '\n';
    case 'r':
      return '\r';
    case 't':
      return '\t';
    default:
      return c;  // quote, backslash, slash
  }
}

// How a character of a JSON string is written if not as itself; '\0' for as itself.
constexpr std::array<char, 256> kEscapes = [] {
  std::array<char, 256> escapes{};
  for (int c = 0; c < 0x20; ++c) escapes[c] = 'u';
  escapes['\b'] = 'b';
  escapes['\f'] = 'f';
  escapes['\n'] = 'n';
  escapes['\r'] = 'r';
  escapes['\t'] = 't';
  escapes['"'] = '"';
  escapes['\\'] = '\\';
  return escapes;
}();

void AppendEscaped(std::string& out, unsigned char c) {
  constexpr std::string_view kHex = "0123456789abcdef";
  out += '\\';
  out += kEscapes[c];
  if (kEscapes[c] != 'u') return;
  out += "00";
  out += kHex[c >> 4];
  out += kHex[c & 15];
}

}  // namespace

JsonKind KindOf(std::string_view json) {
  switch (json.front()) {
    case 'n':
      return JsonKind::kNull;
    case 't':
    case 'f':
      return JsonKind::kBool;
    case '"':
      return JsonKind::kString;
    case '[':
      return JsonKind::kArray;
    case '{':
      return JsonKind::kObject;
    default:
      return JsonKind::kNumber;
  }
}

bool IsTruthy(std::string_view json) {
  if (json.empty() || json == "null" || json == "false" || json == "\"\"") return false;
  if (KindOf(json) != JsonKind::kNumber) return true;
  // Zero is a number without another digit in front of its exponent.
  return json.substr(0, json.find_first_of("eE")).find_first_of("123456789") != json.npos;
}

std::string Unquote(std::string_view json) {
  std::string_view text = json.substr(1, json.size() - 2);
  std::string out;
  out.reserve(text.size());
  for (size_t at = 0; at < text.size();) {
    size_t plain = std::min(text.find('\\', at), text.size());
    out.append(text, at, plain - at);
    at = plain;
    if (at == text.size()) break;
    char c = text[at + 1];
    at += 2;
    if (c == 'u') {
      at += AppendUnicode(out, text.substr(at));
    } else {
      out += Unescaped(c);
    }
  }
  return out;
}

std::optional<int64_t> ToWhole(std::string_view json) {
  double value = 0;
  auto [end, error] = std::from_chars(json.data(), json.data() + json.size(), value);
  if (error != std::errc() || end != json.data() + json.size()) return std::nullopt;
  constexpr double kMax = 9007199254740992;
  if (!(std::abs(value) <= kMax) || value != std::trunc(value)) return std::nullopt;
  return static_cast<int64_t>(value);
}

std::optional<uint64_t> ToNumericId(std::string_view json) {
  if (json.empty()) return std::nullopt;
  std::optional<int64_t> number;
  if (KindOf(json) == JsonKind::kNumber) number = ToWhole(json);
  if (KindOf(json) == JsonKind::kString) {
    std::string digits = Unquote(json);
    if (digits.find_first_not_of("0123456789") == digits.npos) number = ToWhole(digits);
  }
  if (!number.has_value() || *number <= 0) return std::nullopt;
  return static_cast<uint64_t>(*number);
}

void AppendQuoted(std::string& out, std::string_view text) {
  out += '"';
  size_t plain = 0;
  for (size_t at = 0; at < text.size(); ++at) {
    auto c = static_cast<unsigned char>(text[at]);
    if (kEscapes[c] == 0) continue;
    out.append(text, plain, at - plain);
    AppendEscaped(out, c);
    plain = at + 1;
  }
  out.append(text, plain);
  out += '"';
}

void AppendBase64(std::string& out, std::string_view bytes) {
  out += R"({"base64":true,"data":")";
  out += absl::Base64Escape(absl::string_view(bytes.data(), bytes.size()));
  out += "\"}";
}

}  // namespace sluice::protocol
