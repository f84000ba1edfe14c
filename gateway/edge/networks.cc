// SPDX-License-Identifier: Apache-2.0
#include "gateway/edge/networks.h"

#include <algorithm>
#include <optional>

#include "absl/strings/str_cat.h"
#include "gateway/edge/address.h"

namespace sluice::edge {
namespace {

constexpr int kBits = 128;
constexpr int kMappedBits = 96;  // ahead of an IPv4 address

// The address with the bits behind the prefix cleared.
Ip Mask(const Ip& ip, int bits) {
  std::array<uint8_t, 16> bytes = ip.bytes();
  for (int i = 0; i < static_cast<int>(bytes.size()); ++i) {
    int kept = std::clamp(bits - 8 * i, 0, 8);
    bytes[static_cast<size_t>(i)] &= static_cast<uint8_t>(0xff00 >> kept);
  }
  return Ip::V6(bytes);
}

absl::Status Wrong(const std::string& entry, const std::string& what) {
  return absl::InvalidArgumentError(absl::StrCat("\"", entry, "\" ", what));
}

}  // namespace

absl::StatusOr<Networks::Network> Networks::ParseOne(const std::string& entry) {
  constexpr char kForm[] = "is no network; use 10.0.0.0/8, 2001:db8::/32, or an address";
  size_t slash = entry.find('/');
  std::optional<Ip> ip = Ip::Parse(std::string_view(entry).substr(0, slash));
  if (!ip) return Wrong(entry, kForm);
  if (slash == std::string::npos) return Network{*ip, kBits};
  std::optional<uint16_t> length = ParsePort(std::string_view(entry).substr(slash + 1));
  // "::ffff:10.0.0.0/104" is written in IPv6, and counts from its first bit.
  bool written_v4 = entry.find(':') == std::string::npos;
  int bits = (written_v4 ? kMappedBits : 0) + (length ? *length : kBits + 1);
  if (bits > kBits) return Wrong(entry, kForm);
  Ip first = Mask(*ip, bits);
  if (first != *ip) {
    return Wrong(entry, absl::StrCat("has bits behind its prefix; did you mean ", first.Text(), "/",
                                     *length, "?"));
  }
  return Network{first, bits};
}

absl::StatusOr<Networks> Networks::Parse(const std::vector<std::string>& entries) {
  Networks networks;
  for (const std::string& entry : entries) {
    auto network = ParseOne(entry);
    if (!network.ok()) return network.status();
    networks.networks_.push_back(*network);
  }
  return networks;
}

bool Networks::Contain(const Ip& ip) const {
  return std::any_of(networks_.begin(), networks_.end(), [&ip](const Network& network) {
    return ip.is_v4() == (network.bits >= kMappedBits && network.first.is_v4()) &&
           Mask(ip, network.bits) == network.first;
  });
}

}  // namespace sluice::edge
