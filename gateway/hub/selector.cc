// SPDX-License-Identifier: Apache-2.0
#include "gateway/hub/selector.h"

#include <algorithm>
#include <utility>

namespace sluice::hub {
namespace {

// FNV-1a, then a finaliser so that ids which differ in their last byte spread as well. Fixed for
// ever: the share that 10 % names must not move between nodes and versions.
uint64_t StableHash(std::string_view text) {
  uint64_t hash = 0xcbf29ce484222325;
  for (unsigned char c : text) hash = (hash ^ c) * 0x100000001b3;
  hash ^= hash >> 33;
  hash *= 0xff51afd7ed558ccd;
  hash ^= hash >> 33;
  return hash;
}

}  // namespace

bool InSample(std::string_view id, uint32_t percent) {
  return percent == 0 || StableHash(id) % 100 < percent;
}

std::string_view DropLabel(DropReason reason) {
  switch (reason) {
    case DropReason::kSlowConsumer:
      return "slow_consumer";
    case DropReason::kUnsupported:
      return "unsupported";
    case DropReason::kLimit:
      return "limit";
    case DropReason::kLeaving:
      return "leaving";
    case DropReason::kTooLarge:
      return "message_too_large";
  }
  return "";
}

Outcome MergeOutcomes(std::vector<Outcome> parts) {
  Outcome total;
  for (size_t i = 0; i < parts.size(); ++i) {
    Outcome& part = parts[i];
    total.matched += part.matched;
    total.enqueued += part.enqueued;
    for (size_t r = 0; r < part.dropped.size(); ++r) total.dropped[r] += part.dropped[r];
    std::sort(part.not_found.begin(), part.not_found.end());
    if (i == 0) {
      total.not_found = std::move(part.not_found);
      continue;
    }
    std::vector<std::string> both;
    std::set_intersection(total.not_found.begin(), total.not_found.end(), part.not_found.begin(),
                          part.not_found.end(), std::back_inserter(both));
    total.not_found = std::move(both);
  }
  return total;
}

}  // namespace sluice::hub
