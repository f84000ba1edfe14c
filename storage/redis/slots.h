// SPDX-License-Identifier: Apache-2.0
//
// Which part of a cluster a key or channel belongs to.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "storage/redis/reply.h"
#include "storage/redis/url.h"

namespace sluice::storage::redis {

inline constexpr uint16_t kSlots = 16384;

// What decides on a key's slot: what is between its first { and the next } if there is anything, or
// all of it.
std::string_view HashedPart(std::string_view key);

// CRC16 (XMODEM) of that.
uint16_t SlotOf(std::string_view key);

// Where a slot is, as MOVED and ASK say it.
struct Redirection {
  uint16_t slot = 0;
  Address to;  // an empty host: that of the server that says so
};

// Nothing: the reply is none of the two, or makes no sense.
std::optional<Redirection> ParseRedirection(const Reply& error);

struct SlotRange {
  uint16_t first = 0;
  uint16_t last = 0;  // it belongs to the range
  Address owner;
};

// The answer to CLUSTER SLOTS. A server without a name is at `host`, which was asked. INTERNAL: it
// is something else.
absl::StatusOr<std::vector<SlotRange>> ParseSlots(const Reply& reply, const std::string& host);

}  // namespace sluice::storage::redis
