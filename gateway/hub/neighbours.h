// SPDX-License-Identifier: Apache-2.0
//
// What a part of one shard wants of the others, its own and those of other nodes among them: each
// runs on the thread of the shard that it concerns, later.
#pragma once

#include "gateway/hub/shard_types.h"
#include "gateway/hub/types.h"
#include "storage/presence.h"

namespace sluice::hub {

class Neighbours {
 public:
  virtual ~Neighbours() = default;

  // Asks the shard of an id's holder whether it lives, and tells the newcomer's what it found.
  virtual void ProbeHolder(const storage::PresenceRecord& holder, SessionKey newcomer) const = 0;
  // Takes an id over: closes its holder and lets `newcomer` inherit.
  virtual void Displace(const storage::PresenceRecord& holder, SessionKey newcomer) const = 0;

  // Calls that wait on any shard may find a place with a worker now.
  virtual void StartWaitingCalls() const = 0;
};

}  // namespace sluice::hub
