// SPDX-License-Identifier: Apache-2.0
//
// An upgrade request, in pieces: whatever it is, it is bounded, and the same in every cut.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "gateway/edge/origin.h"
#include "gateway/edge/request_reader.h"

namespace {

using sluice::edge::RequestReader;

constexpr RequestReader::Limits kLimits{1024, 16, 256};

RequestReader::State Feed(RequestReader& reader, std::string_view bytes, size_t piece) {
  auto state = RequestReader::State::kMore;
  while (!bytes.empty() && state == RequestReader::State::kMore) {
    size_t size = std::min(piece, bytes.size());
    state = reader.Put(bytes.substr(0, size));
    bytes.remove_prefix(size);
  }
  return state;
}

void Use(const RequestReader& reader) {
  const auto& request = reader.request();
  if (sluice::edge::CheckUpgrade(request)) return;
  sluice::edge::SubprotocolsOf(request);
  static const auto policy = *sluice::edge::OriginPolicy::Make({}, true);
  policy.Allows(sluice::edge::HeaderOf(request, "origin"),
                sluice::edge::HeaderOf(request, "host").value_or(""));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 1) return 0;
  std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  RequestReader whole(kLimits);
  auto at_once = Feed(whole, bytes, bytes.size());
  RequestReader pieces(kLimits);
  auto in_pieces = Feed(pieces, bytes, 1 + data[0] % 64);
  bool whole_passed = at_once == RequestReader::State::kWhole;
  if (whole_passed != (in_pieces == RequestReader::State::kWhole)) std::abort();
  if (!whole_passed) return 0;
  Use(whole);
  Use(pieces);
  return 0;
}
