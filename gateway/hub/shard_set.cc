// SPDX-License-Identifier: Apache-2.0
#include "gateway/hub/shard_set.h"

#include <string>
#include <utility>

#include "gateway/hub/shard.h"

namespace sluice::hub {

void ShardSet::Displace(const storage::PresenceRecord& holder, SessionKey newcomer) const {
  SessionKey old{holder.session};
  Post(old.shard(), [this, old, newcomer](Shard& shard, Now now) {
    std::vector<std::string> channels = shard.Displace(old, now);
    Post(newcomer.shard(), [newcomer, channels = std::move(channels)](Shard& heir, Now at) mutable {
      heir.Inherit(newcomer, std::move(channels), at);
    });
  });
}

}  // namespace sluice::hub
