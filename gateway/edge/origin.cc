// SPDX-License-Identifier: Apache-2.0
#include "gateway/edge/origin.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "gateway/edge/address.h"

namespace sluice::edge {
namespace {

constexpr std::string_view kOpaque = "null";  // RFC 6454 6.2

std::string Lower(std::string_view text) {
  std::string lower(text);
  absl::AsciiStrToLower(&lower);
  return lower;
}

uint16_t DefaultPort(std::string_view scheme) {
  if (scheme == "http" || scheme == "ws") return 80;
  if (scheme == "https" || scheme == "wss") return 443;
  return 0;
}

bool IsScheme(std::string_view text) {
  return !text.empty() && absl::ascii_isalpha(text[0]) &&
         std::all_of(text.begin(), text.end(), [](unsigned char c) {
           return absl::ascii_isalnum(c) || c == '+' || c == '-' || c == '.';
         });
}

bool IsHost(std::string_view text) {
  if (text.size() > 2 && text.front() == '[' && text.back() == ']') {
    text = text.substr(1, text.size() - 2);
    return std::all_of(text.begin(), text.end(), [](unsigned char c) {
      return absl::ascii_isxdigit(c) || c == ':' || c == '.';
    });
  }
  return !text.empty() && std::all_of(text.begin(), text.end(), [](unsigned char c) {
    return absl::ascii_isalnum(c) || c == '-' || c == '.' || c == '_';
  });
}

// Splits host[:port]; without a port it is `default_port`.
bool ParseAuthority(std::string_view text, uint16_t default_port, Origin& out) {
  size_t colon = text.rfind(':');
  size_t bracket = text.rfind(']');
  bool has_port =
      colon != std::string_view::npos && (bracket == std::string_view::npos || colon > bracket);
  out.port = default_port;
  if (has_port) {
    std::optional<uint16_t> port = ParsePort(text.substr(colon + 1));
    if (!port) return false;
    out.port = *port;
    text = text.substr(0, colon);
  }
  if (!IsHost(text)) return false;
  out.host = Lower(text);
  return true;
}

}  // namespace

std::optional<Origin> ParseOrigin(std::string_view text) {
  size_t at = text.find("://");
  if (at == std::string_view::npos || !IsScheme(text.substr(0, at))) return std::nullopt;
  Origin origin;
  origin.scheme = Lower(text.substr(0, at));
  if (!ParseAuthority(text.substr(at + 3), DefaultPort(origin.scheme), origin)) {
    return std::nullopt;
  }
  return origin;
}

absl::StatusOr<OriginPolicy> OriginPolicy::Make(const std::vector<std::string>& allowed,
                                                bool allow_none) {
  OriginPolicy policy;
  policy.allow_none_ = allow_none;
  for (const std::string& entry : allowed) {
    if (entry == "*") {
      policy.any_ = true;
      continue;
    }
    if (entry == kOpaque) {
      policy.opaque_ = true;
      continue;
    }
    std::optional<Origin> origin = ParseOrigin(entry);
    if (!origin) {
      return absl::InvalidArgumentError("\"" + entry +
                                        "\" is neither scheme://host[:port], null nor \"*\"");
    }
    policy.allowed_.push_back(*std::move(origin));
  }
  return policy;
}

bool OriginPolicy::Allows(std::optional<std::string_view> origin, std::string_view host) const {
  if (!origin) return allow_none_;
  if (any_) return true;
  if (*origin == kOpaque) return opaque_;
  std::optional<Origin> asked = ParseOrigin(*origin);
  if (!asked) return false;
  if (opaque_ || !allowed_.empty()) {
    return std::find(allowed_.begin(), allowed_.end(), *asked) != allowed_.end();
  }
  Origin own;
  // Behind a proxy that ends TLS, Host's missing port means that of the page's
  // scheme.
  return ParseAuthority(host, DefaultPort(asked->scheme), own) && own.host == asked->host &&
         own.port == asked->port;
}

}  // namespace sluice::edge
