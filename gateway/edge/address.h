// SPDX-License-Identifier: Apache-2.0
//
// "192.0.2.1:8080" and "[2001:db8::1]:8080", read and written. Numeric
// addresses only: nothing here asks a resolver.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace sluice::edge {

struct HostPort {
  std::string host;  // without brackets
  uint16_t port = 0;
  friend bool operator==(const HostPort&, const HostPort&) = default;
};

// INVALID_ARGUMENT: not of the form host:port.
absl::StatusOr<HostPort> ParseHostPort(std::string_view text);

// Decimal digits and nothing else.
std::optional<uint16_t> ParsePort(std::string_view digits);

std::string FormatHostPort(std::string_view host, uint16_t port);

}  // namespace sluice::edge
