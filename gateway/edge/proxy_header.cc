// SPDX-License-Identifier: Apache-2.0
#include "gateway/edge/proxy_header.h"

#include <algorithm>
#include <array>
#include <vector>

#include "absl/strings/str_split.h"
#include "gateway/edge/address.h"

namespace sluice::edge {
namespace {

constexpr std::string_view kLineBegins = "PROXY ";
constexpr size_t kLineMax = 107;  // with its CRLF; addresses of version 2 need less

constexpr std::string_view kSignature = std::string_view("\r\n\r\n\0\r\nQUIT\n", 12);
constexpr size_t kFixedBytes = 16;  // signature, command, family, length
constexpr size_t kV4Bytes = 4 + 4 + 2 + 2;
constexpr size_t kV6Bytes = 16 + 16 + 2 + 2;

constexpr uint8_t kLocal = 0x20;  // version 2 and the command
constexpr uint8_t kProxy = 0x21;
constexpr uint8_t kTcp4 = 0x11;  // family and transport
constexpr uint8_t kTcp6 = 0x21;
constexpr int kFamilyMax = 3;     // UNSPEC, INET, INET6, UNIX
constexpr int kTransportMax = 2;  // UNSPEC, STREAM, DGRAM

// Whether what came so far may become `whole`.
bool MayBegin(std::string_view so_far, std::string_view whole) {
  size_t size = std::min(so_far.size(), whole.size());
  return so_far.substr(0, size) == whole.substr(0, size);
}

uint8_t ByteOf(std::string_view text, size_t at) { return static_cast<uint8_t>(text[at]); }

uint16_t ShortOf(std::string_view text, size_t at) {
  return static_cast<uint16_t>(ByteOf(text, at) << 8 | ByteOf(text, at + 1));
}

template <size_t N>
std::array<uint8_t, N> BytesOf(std::string_view text, size_t at) {
  std::array<uint8_t, N> bytes;
  for (size_t i = 0; i < N; ++i) bytes[i] = ByteOf(text, at + i);
  return bytes;
}

// TCP4 or TCP6, two addresses, two ports.
std::optional<Peer> SourceOf(const std::vector<absl::string_view>& words) {
  if (words.size() != 6) return std::nullopt;
  auto word = [&words](size_t i) { return std::string_view(words[i].data(), words[i].size()); };
  const bool v4 = words[1] == "TCP4";
  std::optional<Ip> from = Ip::Parse(word(2)), to = Ip::Parse(word(3));
  std::optional<uint16_t> port = ParsePort(word(4));
  bool dotted = word(2).find(':') == std::string_view::npos;
  if (!from || !to || !port || !ParsePort(word(5)) || dotted != v4) return std::nullopt;
  if (!v4 && words[1] != "TCP6") return std::nullopt;
  return Peer{*from, port};
}

}  // namespace

ProxyHeader::State ProxyHeader::Put(std::string_view bytes, size_t& used) {
  used = 0;
  if (bytes.empty()) return State::kMore;
  const char first = head_.empty() ? bytes.front() : head_.front();
  return first == kSignature.front() ? PutBinary(bytes, used) : PutLine(bytes, used);
}

void ProxyHeader::Take(std::string_view bytes) {
  size_ += bytes.size();
  head_.append(bytes.substr(0, kLineMax - head_.size()));
}

// --- Version 1 -----------------------------------------------------------------------------------

ProxyHeader::State ProxyHeader::PutLine(std::string_view bytes, size_t& used) {
  size_t end = bytes.find('\n');
  std::string_view part = bytes.substr(0, end == bytes.npos ? end : end + 1);
  if (size_ + part.size() > kLineMax) return State::kBroken;
  std::string so_far = head_ + std::string(part);
  if (!MayBegin(so_far, kLineBegins)) return State::kBroken;
  Take(part);
  used = part.size();
  return end == bytes.npos ? State::kMore : ReadLine();
}

ProxyHeader::State ProxyHeader::ReadLine() {
  if (!head_.ends_with("\r\n")) return State::kBroken;
  std::vector<absl::string_view> words =
      absl::StrSplit(absl::string_view(head_).substr(0, head_.size() - 2), ' ');
  if (words.size() >= 2 && words[1] == "UNKNOWN") return State::kWhole;
  client_ = SourceOf(words);
  return client_ ? State::kWhole : State::kBroken;
}

// --- Version 2 -----------------------------------------------------------------------------------

ProxyHeader::State ProxyHeader::PutBinary(std::string_view bytes, size_t& used) {
  while (true) {
    size_t whole = kFixedBytes;
    if (size_ >= kFixedBytes) whole += ShortOf(head_, 14);
    if (whole > bytes_max_) return State::kBroken;
    if (size_ == whole) return ReadBinary();
    if (used == bytes.size()) return State::kMore;
    std::string_view part = bytes.substr(used, whole - size_);
    Take(part);
    used += part.size();
    if (!MayBegin(head_, kSignature)) return State::kBroken;
  }
}

ProxyHeader::State ProxyHeader::ReadBinary() {
  const uint8_t command = ByteOf(head_, 12), family = ByteOf(head_, 13);
  if (command != kLocal && command != kProxy) return State::kBroken;
  if (family >> 4 > kFamilyMax || (family & 15) > kTransportMax) return State::kBroken;
  if (command == kLocal) return State::kWhole;
  const size_t body = size_ - kFixedBytes;
  if (family == kTcp4) {
    if (body < kV4Bytes) return State::kBroken;
    client_ = Peer{Ip::V4(BytesOf<4>(head_, kFixedBytes)), ShortOf(head_, kFixedBytes + 8)};
  } else if (family == kTcp6) {
    if (body < kV6Bytes) return State::kBroken;
    client_ = Peer{Ip::V6(BytesOf<16>(head_, kFixedBytes)), ShortOf(head_, kFixedBytes + 32)};
  }
  return State::kWhole;
}

}  // namespace sluice::edge
