// SPDX-License-Identifier: Apache-2.0
#include "gateway/hub/shard_set.h"

#include <utility>

#include "gateway/hub/shard.h"
#include "gateway/hub/workers.h"

namespace sluice::hub {

void ShardSet::Displace(const storage::PresenceRecord& holder, SessionKey newcomer) const {
  Heir heir = [this, newcomer](Estate estate) {
    Post(newcomer.shard(), [newcomer, estate = std::move(estate)](Shard& shard, Now now) mutable {
      shard.Inherit(newcomer, std::move(estate), now);
    });
  };
  if (holder.node == node_) return DisplaceHere(holder, std::move(heir));
  elsewhere_.Displace(holder, std::move(heir));
}

void ShardSet::ProbeHolder(const storage::PresenceRecord& holder, SessionKey newcomer) const {
  Judged judged = [this, newcomer](bool lives) {
    Post(newcomer.shard(),
         [newcomer, lives](Shard& shard, Now now) { shard.Judged(newcomer, lives, now); });
  };
  if (holder.node == node_) return ProbeHere(holder, std::move(judged));
  elsewhere_.ProbeHolder(holder, std::move(judged));
}

// A record that another life of the node has left may name anything.
void ShardSet::DisplaceHere(const storage::PresenceRecord& holder, Heir heir) const {
  const SessionKey key{holder.session};
  if (key.shard() >= size()) return std::move(heir)({});
  Post(key.shard(), [holder, heir = std::move(heir)](Shard& shard, Now now) mutable {
    shard.Displace(holder, std::move(heir), now);
  });
}

void ShardSet::ProbeHere(const storage::PresenceRecord& holder, Judged judged) const {
  const SessionKey key{holder.session};
  if (key.shard() >= size()) return std::move(judged)(/*lives=*/false);
  Post(key.shard(), [holder, judged = std::move(judged)](Shard& shard, Now now) mutable {
    shard.ProbeHolder(holder, std::move(judged), now);
  });
}

void ShardSet::StartWaitingCalls() const {
  for (uint32_t i = 0; i < size(); ++i) {
    Post(i, [](Shard& shard, Now now) { shard.workers().OnCredit(now); });
  }
}

}  // namespace sluice::hub
