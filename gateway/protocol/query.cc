// SPDX-License-Identifier: Apache-2.0
#include "gateway/protocol/query.h"

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"

namespace sluice::protocol {
namespace {

int HexDigit(char c) {
  if (absl::ascii_isdigit(c)) return c - '0';
  return absl::ascii_isxdigit(c) ? absl::ascii_tolower(c) - 'a' + 10 : -1;
}

// A plus is a space, as in forms.
std::optional<std::string> Decode(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (size_t at = 0; at < text.size(); ++at) {
    if (text[at] != '%') {
      out += text[at] == '+' ? ' ' : text[at];
      continue;
    }
    if (text.size() - at < 3) return std::nullopt;
    int high = HexDigit(text[at + 1]), low = HexDigit(text[at + 2]);
    if (high < 0 || low < 0) return std::nullopt;
    out += static_cast<char>(high << 4 | low);
    at += 2;
  }
  return out;
}

absl::Status Wrong(std::string_view name, const char* what) {
  return absl::InvalidArgumentError(absl::StrCat(std::string(name), " ", what));
}

}  // namespace

absl::StatusOr<std::optional<std::string>> QueryValue(std::string_view query,
                                                      std::string_view name) {
  std::optional<std::string_view> raw;
  while (!query.empty()) {
    std::string_view pair = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(query.size(), pair.size() + 1));
    std::string_view key = pair.substr(0, pair.find('='));
    if (key != name) continue;
    if (raw.has_value()) return Wrong(name, "is given twice");
    raw = pair.substr(std::min(pair.size(), key.size() + 1));
  }
  if (!raw.has_value()) return std::optional<std::string>();
  std::optional<std::string> value = Decode(*raw);
  if (!value.has_value()) return Wrong(name, "has a bad percent escape");
  return value;
}

}  // namespace sluice::protocol
