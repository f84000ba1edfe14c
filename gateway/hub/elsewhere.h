// SPDX-License-Identifier: Apache-2.0
//
// The other nodes of the cluster, as the hub knows them: who may hold an id, and who hears what is
// said to many. Thread-safe; nothing is called back from within a call. What is asked of a node
// that stays silent is answered for it, within a bounded time.
#pragma once

#include <cstdint>
#include <string>
#include <utility>

#include "gateway/hub/saying.h"
#include "gateway/hub/shard_types.h"
#include "storage/presence.h"

namespace sluice::hub {

class Elsewhere {
 public:
  virtual ~Elsewhere() = default;

  // A shard has a use for a namespace from now on, until Unhear. True: what other nodes say there
  // is heard. False: soon, and then Shard::Heard is called on that shard.
  virtual bool Hear(const std::string& space, uint32_t shard) = 0;
  virtual void Unhear(const std::string& space, uint32_t shard) = 0;

  // The other nodes that hear its namespace deliver it to theirs (Publisher::FromElsewhere). One
  // shard's sayings arrive in their order.
  virtual void Say(const SharedSaying& saying) = 0;

  // As of a session of another node: its id is taken over; somebody wants its id.
  virtual void Displace(const storage::PresenceRecord& holder, Heir heir) = 0;
  virtual void ProbeHolder(const storage::PresenceRecord& holder, Judged judged) = 0;
};

// Of a node that is alone.
class Nowhere final : public Elsewhere {
 public:
  bool Hear(const std::string&, uint32_t) override { return true; }
  void Unhear(const std::string&, uint32_t) override {}
  void Say(const SharedSaying&) override {}
  void Displace(const storage::PresenceRecord&, Heir heir) override { std::move(heir)({}); }
  void ProbeHolder(const storage::PresenceRecord&, Judged judged) override {
    std::move(judged)(/*lives=*/true);
  }
};

}  // namespace sluice::hub
