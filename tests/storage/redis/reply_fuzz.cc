// SPDX-License-Identifier: Apache-2.0
//
// What a server says: whatever it is, it becomes the same replies in every cut, or an error, and
// nothing that is made of a reply takes its shape for granted.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "storage/redis/protocol.h"
#include "storage/redis/slots.h"

namespace {

using sluice::storage::redis::ParseRedirection;
using sluice::storage::redis::ParseSlots;
using sluice::storage::redis::Reply;
using sluice::storage::redis::ReplyReader;

constexpr size_t kBytesMax = 2048;

void Use(const Reply& reply) {
  if (auto moved = ParseRedirection(reply); moved && moved->to.port == 0) std::abort();
  auto ranges = ParseSlots(reply, "host");
  if (!ranges.ok()) return;
  for (const auto& range : *ranges) {
    if (range.last < range.first || range.last >= sluice::storage::redis::kSlots) std::abort();
  }
}

void Describe(const Reply& reply, std::string& out) {
  out += std::to_string(static_cast<int>(reply.type)) + ':' + std::to_string(reply.integer) +
         reply.text;
  for (const Reply& element : reply.elements) Describe(element, out += '(');
}

std::string Read(std::string_view bytes, size_t piece) {
  ReplyReader reader(kBytesMax);
  std::string read;
  for (; !bytes.empty(); bytes.remove_prefix(std::min(piece, bytes.size()))) {
    reader.Feed(bytes.substr(0, piece));
    for (;;) {
      auto reply = reader.Next();
      if (!reply.ok()) return read + "!";
      if (!reply->has_value()) break;
      Use(**reply);
      Describe(**reply, read += ' ');
    }
  }
  return read;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 2) return 0;
  std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  if (Read(bytes, bytes.size()) != Read(bytes, 1 + data[0] % 64)) std::abort();
  return 0;
}
