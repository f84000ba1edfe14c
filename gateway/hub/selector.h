// SPDX-License-Identifier: Apache-2.0
//
// Which connections, and what happened to them: the hub's side of sluice.v1.Selector and Outcome
// (proto/sluice/v1/types.proto says what each field means).
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "gateway/hub/dialect.h"
#include "gateway/hub/types.h"

namespace sluice::hub {

struct Selector {
  std::string space{};
  // Without duplicates; the service that made it saw to that.
  std::vector<std::string> connections{};
  std::vector<std::string> users{};
  std::vector<std::string> channels{};
  uint32_t dialects = 0;   // bit (1 << DialectId); 0: any
  bool elsewhere = false;  // `nodes` was given and this node is not in it: nothing matches
  Labels labels{};
  absl::Time connected_before = absl::InfiniteFuture();  // strictly
  absl::Time connected_after = absl::InfinitePast();     // inclusive
  uint32_t sample_percent = 0;                           // 0: all
  absl::flat_hash_set<std::string> except_connections{};
  absl::flat_hash_set<std::string> except_users{};

  friend bool operator==(const Selector&, const Selector&) = default;
};

// Whether `id` falls into the stable share of `percent`. The same on every node and in every
// version.
bool InSample(std::string_view id, uint32_t percent);

enum class DropReason : uint8_t {
  kSlowConsumer,  // the outbox is full, and the socket takes no more now
  kUnsupported,   // the dialect cannot say it
  kLimit,         // a bound of the connection
  kLeaving,       // its turn in a drain has come
  kTooLarge,      // by itself larger than an outbox may be: nobody could ever get it
};
inline constexpr int kDropReasonCount = static_cast<int>(DropReason::kTooLarge) + 1;
std::string_view DropLabel(DropReason reason);
// Why a message was dropped; nothing: it was taken, and is on its way or waits.
using Drop = std::optional<DropReason>;

struct Outcome {
  uint64_t matched = 0;
  uint64_t enqueued = 0;
  std::array<uint64_t, kDropReasonCount> dropped{};
  std::vector<std::string> not_found;  // sorted

  void Drop(DropReason reason) { ++dropped[static_cast<size_t>(reason)]; }
};

// Adds the counts up; not found is what nobody found.
Outcome MergeOutcomes(std::vector<Outcome> parts);

}  // namespace sluice::hub
