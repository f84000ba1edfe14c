// SPDX-License-Identifier: Apache-2.0
#include "gateway/config/values.h"

#include <arpa/inet.h>

#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"

namespace sluice::config {
namespace {

struct Unit {
  std::string_view name;
  uint64_t bytes;
};
constexpr std::array<Unit, 4> kUnits = {
    {{"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10}, {"B", 1}}};

template <typename T>
std::optional<T> ParseNumber(std::string_view text) {
  T value{};
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return {};
  return value;
}

bool IsNumericHost(const std::string& host, int family) {
  std::array<char, sizeof(in6_addr)> address;
  return inet_pton(family, host.c_str(), address.data()) == 1;
}

}  // namespace

std::optional<absl::Duration> ParseDuration(std::string_view text) {
  absl::Duration value;
  if (!absl::ParseDuration(std::string(text), &value)) return {};
  if (value < absl::ZeroDuration() || value == absl::InfiniteDuration()) return {};
  return value;
}

std::optional<uint64_t> ParseSize(std::string_view text) {
  for (const Unit& unit : kUnits) {
    if (!text.ends_with(unit.name)) continue;
    auto count = ParseNumber<uint64_t>(text.substr(0, text.size() - unit.name.size()));
    if (!count || *count > std::numeric_limits<uint64_t>::max() / unit.bytes) return {};
    return *count * unit.bytes;
  }
  return ParseNumber<uint64_t>(text);
}

std::string FormatSize(uint64_t bytes) {
  for (const Unit& unit : kUnits) {
    if (unit.bytes > 1 && bytes > 0 && bytes % unit.bytes == 0) {
      return std::to_string(bytes / unit.bytes) + std::string(unit.name);
    }
  }
  return std::to_string(bytes);
}

std::optional<uint64_t> ParseCount(std::string_view text) { return ParseNumber<uint64_t>(text); }

std::optional<double> ParseReal(std::string_view text) {
  auto value = ParseNumber<double>(text);
  if (!value || !std::isfinite(*value) || *value < 0) return {};
  return value;
}

std::string FormatReal(double value) {
  std::array<char, 32> buffer;
  auto [end, error] = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value);
  return error == std::errc() ? std::string(buffer.data(), end) : std::string();
}

std::optional<bool> ParseSwitch(std::string_view text) {
  for (std::string_view yes : {"true", "1", "yes", "on"}) {
    if (text == yes) return true;
  }
  for (std::string_view no : {"false", "0", "no", "off"}) {
    if (text == no) return false;
  }
  return {};
}

std::optional<std::vector<std::string>> ParseList(std::string_view text) {
  std::vector<std::string> parts;
  if (text.empty()) return parts;
  for (absl::string_view part : absl::StrSplit(std::string(text), ',')) {
    parts.emplace_back(absl::StripAsciiWhitespace(part));
    if (parts.back().empty()) return {};
  }
  return parts;
}

bool IsAddress(std::string_view text) {
  size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return false;
  auto port = ParseNumber<uint16_t>(text.substr(colon + 1));
  if (!port) return false;
  std::string host(text.substr(0, colon));
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') {
    return IsNumericHost(host.substr(1, host.size() - 2), AF_INET6);
  }
  return IsNumericHost(host, AF_INET);
}

std::string Quote(std::string_view text) {
  std::string quoted = "\"";
  for (char c : text) {
    if (c == '"' || c == '\\') {
      quoted += '\\';
      quoted += c;
    } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
      absl::StrAppendFormat(&quoted, "\\x%02x", c);
    } else {
      quoted += c;
    }
  }
  return quoted + "\"";
}

}  // namespace sluice::config
