// SPDX-License-Identifier: Apache-2.0
#include "gateway/edge/address.h"

#include <arpa/inet.h>

#include <charconv>

namespace sluice::edge {
namespace {

bool IsNumeric(const std::string& host) {
  in6_addr address;
  return inet_pton(AF_INET, host.c_str(), &address) == 1 ||
         inet_pton(AF_INET6, host.c_str(), &address) == 1;
}

absl::Status NoAddress(std::string_view text, std::string_view complaint) {
  return absl::InvalidArgumentError("\"" + std::string(text) + "\" " + std::string(complaint));
}

std::string_view Unbracket(std::string_view host) {
  bool bracketed = host.size() >= 2 && host.front() == '[' && host.back() == ']';
  return bracketed ? host.substr(1, host.size() - 2) : host;
}

}  // namespace

std::optional<uint16_t> ParsePort(std::string_view digits) {
  uint16_t port = 0;
  auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  return port;
}

absl::StatusOr<HostPort> ParseHostPort(std::string_view text) {
  constexpr std::string_view kForm = "is not ADDRESS:PORT, as 0.0.0.0:8080 or [::1]:8080";
  size_t colon = text.rfind(':');
  if (colon == std::string_view::npos || colon == 0) return NoAddress(text, kForm);
  std::string_view host = text.substr(0, colon);
  std::optional<uint16_t> port = ParsePort(text.substr(colon + 1));
  bool bare_v6 = host.find(':') != std::string_view::npos && host.front() != '[';
  if (!port || bare_v6) return NoAddress(text, kForm);
  HostPort result{std::string(Unbracket(host)), *port};
  if (result.host == "localhost") result.host = "127.0.0.1";
  if (!IsNumeric(result.host)) return NoAddress(host, "is no numeric address");
  return result;
}

std::string FormatHostPort(std::string_view host, uint16_t port) {
  bool v6 = host.find(':') != std::string_view::npos;
  std::string text(host);
  if (v6) text = "[" + text + "]";
  return text + ":" + std::to_string(port);
}

}  // namespace sluice::edge
