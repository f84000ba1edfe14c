// SPDX-License-Identifier: Apache-2.0
//
// The one way of what is said to many: a client's publication, a client's relay, a backend's
// Publish. It tells those who listen (PublicationTap) and hands the message to every shard, where
// Publications delivers it. Messages of one publisher reach a shard in the order in which they were
// said, and so they do on other nodes. A channel's history will be told here as well. Thread-safe.
#pragma once

#include <cstdint>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "gateway/hub/saying.h"
#include "gateway/hub/selector.h"
#include "gateway/hub/shard_set.h"
#include "gateway/hub/shard_types.h"

namespace sluice::hub {

class Publisher {
 public:
  // What is given outlives this.
  Publisher(const ShardSet& set, PublicationTap& tap) : set_(set), tap_(tap) {}

  // From a client of shard `own`, which delivers it itself and at once, so that the client hears
  // itself before its answer; the other shards follow soon.
  void FromClient(const SharedSaying& saying, uint32_t own) const;
  // From a client of another node.
  void FromElsewhere(const SharedSaying& saying) const;
  // From a backend, which has asked the other nodes as well. `done` gets each shard's outcome once
  // all have delivered, on the thread of the last.
  void FromBackend(SharedSaying saying,
                   absl::AnyInvocable<void(std::vector<Outcome>, Now)> done) const;

 private:
  void TellListeners(const Saying& saying) const;
  void Post(const SharedSaying& saying, uint32_t shard) const;

  const ShardSet& set_;
  PublicationTap& tap_;
};

}  // namespace sluice::hub
