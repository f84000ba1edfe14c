// SPDX-License-Identifier: Apache-2.0
#include "gateway/hub/shard_set.h"

#include "gateway/hub/shard.h"

namespace sluice::hub {

void ShardSet::Displace(const storage::PresenceRecord& holder, SessionKey newcomer) const {
  SessionKey old{holder.session};
  Post(old.shard(), [old, newcomer](Shard& shard, Now now) { shard.Displace(old, newcomer, now); });
}

void ShardSet::ProbeHolder(SessionKey holder, SessionKey newcomer) const {
  // A record that another life of the node has left may name anything.
  if (holder.shard() >= size()) return TellJudgement(newcomer, false);
  Post(holder.shard(),
       [holder, newcomer](Shard& shard, Now now) { shard.ProbeHolder(holder, newcomer, now); });
}

void ShardSet::TellJudgement(SessionKey newcomer, bool holder_lives) const {
  Post(newcomer.shard(), [newcomer, holder_lives](Shard& shard, Now now) {
    shard.Judged(newcomer, holder_lives, now);
  });
}

}  // namespace sluice::hub
