// SPDX-License-Identifier: Apache-2.0
#include "gateway/edge/ip.h"

#include <arpa/inet.h>

#include <algorithm>

#include "gateway/edge/address.h"

namespace sluice::edge {
namespace {

constexpr std::array<uint8_t, 12> kMapped = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

}  // namespace

Ip Ip::V4(const std::array<uint8_t, 4>& bytes) {
  Ip ip;
  std::copy(kMapped.begin(), kMapped.end(), ip.bytes_.begin());
  std::copy(bytes.begin(), bytes.end(), ip.bytes_.begin() + kMapped.size());
  return ip;
}

Ip Ip::V6(const std::array<uint8_t, 16>& bytes) {
  Ip ip;
  ip.bytes_ = bytes;
  return ip;
}

std::optional<Ip> Ip::Parse(std::string_view text) {
  std::string copy(text);
  if (copy.size() >= INET6_ADDRSTRLEN || copy.find('\0') != copy.npos) return std::nullopt;
  std::array<uint8_t, 4> v4;
  if (inet_pton(AF_INET, copy.c_str(), v4.data()) == 1) return V4(v4);
  std::array<uint8_t, 16> v6;
  if (inet_pton(AF_INET6, copy.c_str(), v6.data()) == 1) return V6(v6);
  return std::nullopt;
}

bool Ip::is_v4() const { return std::equal(kMapped.begin(), kMapped.end(), bytes_.begin()); }

std::string Ip::Text() const {
  std::array<char, INET6_ADDRSTRLEN> text;
  const void* data = is_v4() ? bytes_.data() + kMapped.size() : bytes_.data();
  inet_ntop(is_v4() ? AF_INET : AF_INET6, data, text.data(), text.size());
  return text.data();
}

std::optional<Peer> ParsePeer(std::string_view text) {
  if (std::optional<Ip> ip = Ip::Parse(text)) return Peer{*ip, std::nullopt};
  bool bracketed = text.starts_with('[');
  size_t end = bracketed ? text.find(']') : text.find(':');
  if (end == std::string_view::npos) return std::nullopt;
  std::optional<Ip> ip = Ip::Parse(bracketed ? text.substr(1, end - 1) : text.substr(0, end));
  if (!ip) return std::nullopt;
  std::string_view rest = text.substr(end + (bracketed ? 1 : 0));
  if (rest.empty()) return Peer{*ip, std::nullopt};
  std::optional<uint16_t> port = rest.starts_with(':') ? ParsePort(rest.substr(1)) : std::nullopt;
  if (!port) return std::nullopt;
  return Peer{*ip, port};
}

std::string FormatPeer(const Peer& peer) {
  return peer.port ? FormatHostPort(peer.ip.Text(), *peer.port) : peer.ip.Text();
}

}  // namespace sluice::edge
