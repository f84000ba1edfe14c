// SPDX-License-Identifier: Apache-2.0
//
// Numeric IP addresses, and where a client is. There is one form of each: an IPv4 address that is
// mapped into IPv6 (RFC 4291 2.5.5.2) is that IPv4 address, text is that of RFC 5952, and a zone is
// dropped, which means nothing elsewhere.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sluice::edge {

class Ip {
 public:
  Ip() = default;  // "::"
  // 4 or 16 bytes in network order.
  static Ip V4(const std::array<uint8_t, 4>& bytes);
  static Ip V6(const std::array<uint8_t, 16>& bytes);
  // Without brackets, port and zone.
  static std::optional<Ip> Parse(std::string_view text);

  bool is_v4() const;
  // Network order; an IPv4 address is the last four, behind ::ffff.
  const std::array<uint8_t, 16>& bytes() const { return bytes_; }
  std::string Text() const;

  friend bool operator==(const Ip&, const Ip&) = default;

 private:
  std::array<uint8_t, 16> bytes_{};
};

// One end of a connection; the port may be unknown.
struct Peer {
  Ip ip;
  std::optional<uint16_t> port;
  friend bool operator==(const Peer&, const Peer&) = default;
};

// "192.0.2.1", "192.0.2.1:80", "2001:db8::1", "[2001:db8::1]", "[2001:db8::1]:80".
std::optional<Peer> ParsePeer(std::string_view text);

// "192.0.2.1:80", "[2001:db8::1]:80"; without a port the address alone, without brackets.
std::string FormatPeer(const Peer& peer);

}  // namespace sluice::edge
