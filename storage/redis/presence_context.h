// SPDX-License-Identifier: Apache-2.0
//
// What the parts of presence share. Loop thread. Internal to the room.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/random/random.h"
#include "absl/status/status.h"
#include "absl/strings/str_format.h"
#include "storage/redis/client.h"
#include "storage/redis/nodes.h"
#include "storage/redis/presence_probe.h"
#include "storage/time.h"

namespace sluice::storage::redis {

struct PresenceContext {
  Client& client;
  Nodes& nodes;
  PresenceProbe& probe;
  const bool sharded;  // channels belong to slots
  absl::BitGen random{};
  Now now{};                // of the last tick
  uint32_t generation = 0;  // of this node's records; another once Redis may have lost some

  // The epoch of this node's records: the node's own, and their generation. They are in order.
  std::string Mark() const { return absl::StrFormat("%s.%06d", nodes.epoch(), generation); }

  // The first arguments of scripts that publish.
  std::vector<std::string> Args() { return {sharded ? "SPUBLISH" : "PUBLISH", RandomName(random)}; }
};

// As presence says it: what came too late is as good as away.
inline absl::Status ToPresence(const absl::Status& status) {
  if (status.code() != absl::StatusCode::kDeadlineExceeded) return status;
  return absl::UnavailableError(status.message());
}

}  // namespace sluice::storage::redis
