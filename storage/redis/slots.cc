// SPDX-License-Identifier: Apache-2.0
#include "storage/redis/slots.h"

#include <array>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"

namespace sluice::storage::redis {
namespace {

constexpr uint16_t kPolynomial = 0x1021;

constexpr std::array<uint16_t, 256> MakeTable() {
  std::array<uint16_t, 256> table{};
  for (int byte = 0; byte < 256; ++byte) {
    uint16_t crc = static_cast<uint16_t>(byte << 8);
    for (int bit = 0; bit < 8; ++bit) {
      crc = static_cast<uint16_t>((crc & 0x8000) != 0 ? (crc << 1) ^ kPolynomial : crc << 1);
    }
    table[byte] = crc;
  }
  return table;
}
constexpr std::array<uint16_t, 256> kTable = MakeTable();

// [first, last, [host, port, ...] of the master, replicas...]
absl::StatusOr<SlotRange> ParseRange(const Reply& entry, const std::string& host) {
  absl::StatusOr<absl::Span<const Reply>> parts = entry.Elements(3);
  if (!parts.ok()) return parts.status();
  absl::StatusOr<int64_t> first = (*parts)[0].Integer();
  absl::StatusOr<int64_t> last = (*parts)[1].Integer();
  absl::StatusOr<absl::Span<const Reply>> master = (*parts)[2].Elements(2);
  if (!first.ok() || !last.ok() || !master.ok()) {
    return absl::InternalError("CLUSTER SLOTS has another form");
  }
  absl::StatusOr<int64_t> port = (*master)[1].Integer();
  if (*first < 0 || *last < *first || *last >= kSlots || !port.ok() || *port <= 0 ||
      *port > 65535) {
    return absl::InternalError("CLUSTER SLOTS has numbers that cannot be");
  }
  const std::string& name = (*master)[0].text;
  return SlotRange{static_cast<uint16_t>(*first),
                   static_cast<uint16_t>(*last),
                   {name.empty() || name == "?" ? host : name, static_cast<uint16_t>(*port)}};
}

}  // namespace

std::string_view HashedPart(std::string_view key) {
  size_t open = key.find('{');
  if (open == std::string_view::npos) return key;
  size_t close = key.find('}', open + 1);
  if (close == std::string_view::npos || close == open + 1) return key;
  return key.substr(open + 1, close - open - 1);
}

uint16_t SlotOf(std::string_view key) {
  uint16_t crc = 0;
  for (char c : HashedPart(key)) {
    crc = static_cast<uint16_t>((crc << 8) ^ kTable[((crc >> 8) ^ static_cast<uint8_t>(c)) & 0xff]);
  }
  return crc % kSlots;
}

std::optional<Redirection> ParseRedirection(const Reply& error) {
  if (error.code() != "MOVED" && error.code() != "ASK") return std::nullopt;
  std::vector<std::string> words = absl::StrSplit(error.text, ' ');
  if (words.size() < 3) return std::nullopt;
  size_t colon = words[2].rfind(':');
  if (colon == std::string::npos) return std::nullopt;
  uint32_t slot = 0;
  uint32_t port = 0;
  if (!absl::SimpleAtoi(words[1], &slot) || slot >= kSlots ||
      !absl::SimpleAtoi(words[2].substr(colon + 1), &port) || port == 0 || port > 65535) {
    return std::nullopt;
  }
  return Redirection{static_cast<uint16_t>(slot),
                     {words[2].substr(0, colon), static_cast<uint16_t>(port)}};
}

absl::StatusOr<std::vector<SlotRange>> ParseSlots(const Reply& reply, const std::string& host) {
  absl::StatusOr<absl::Span<const Reply>> entries = reply.Elements();
  if (!entries.ok()) return entries.status();
  std::vector<SlotRange> ranges;
  for (const Reply& entry : *entries) {
    absl::StatusOr<SlotRange> range = ParseRange(entry, host);
    if (!range.ok()) return range.status();
    ranges.push_back(*std::move(range));
  }
  return ranges;
}

}  // namespace sluice::storage::redis
