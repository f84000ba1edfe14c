// SPDX-License-Identifier: Apache-2.0
//
// What a proxy says ahead of a client's bytes, and in the headers: whatever it is, it is bounded,
// the same in every cut, and never takes a byte that is not its own.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "gateway/edge/forwarded.h"
#include "gateway/edge/proxy_header.h"

namespace {

using sluice::edge::ForwardedHeader;
using sluice::edge::ProxyHeader;

constexpr size_t kBytesMax = 512;

size_t Feed(ProxyHeader& header, std::string_view bytes, size_t piece, ProxyHeader::State& state) {
  size_t taken = 0;
  while (taken < bytes.size() && state == ProxyHeader::State::kMore) {
    size_t used = 0;
    std::string_view part = bytes.substr(taken, piece);
    state = header.Put(part, used);
    if (used > part.size()) std::abort();
    if (state == ProxyHeader::State::kMore && used != part.size()) std::abort();
    taken += used;
  }
  return taken;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 1) return 0;
  std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  ProxyHeader whole(kBytesMax), pieces(kBytesMax);
  auto at_once = ProxyHeader::State::kMore, in_pieces = ProxyHeader::State::kMore;
  size_t taken = Feed(whole, bytes, bytes.size(), at_once);
  size_t taken_in_pieces = Feed(pieces, bytes, 1 + data[0] % 64, in_pieces);
  bool passed = at_once == ProxyHeader::State::kWhole;
  if (at_once != in_pieces || taken > kBytesMax) std::abort();
  if (passed && (taken != taken_in_pieces || whole.client() != pieces.client())) std::abort();
  static const auto trusted = *sluice::edge::Networks::Parse({"0.0.0.0/0", "::/0"});
  for (auto header : {ForwardedHeader::kXForwardedFor, ForwardedHeader::kForwarded}) {
    auto client = sluice::edge::ClientBehind({}, bytes, header, trusted);
    if (sluice::edge::ParsePeer(sluice::edge::FormatPeer(client)) != client) std::abort();
  }
  return 0;
}
