// SPDX-License-Identifier: Apache-2.0
#include "gateway/hub/presence_records.h"

#include "gateway/hub/closer.h"
#include "gateway/hub/namespace.h"
#include "gateway/hub/sessions.h"
#include "storage/executor.h"

namespace sluice::hub {

PresenceRecords::PresenceRecords(const std::string& node, Sessions& sessions, Closer& closer,
                                 storage::Presence& presence, storage::Executor& self)
    : node_(node), sessions_(sessions), closer_(closer), presence_(presence) {
  presence_.OnLost(self,
                   [this](const storage::PresenceRecord& record, Now now) { OnLost(record, now); });
}

storage::PresenceRecord PresenceRecords::RecordOf(const Session& session) const {
  const auto& detail = session.origin.detail;
  return {{session.space->name, session.who.id}, session.who.user,     node_, session.key.value,
          session.origin.connected_at,           detail ? *detail : ""};
}

// Of another shard's sessions, and of those that have left, nothing is found here. One that is
// still on its way in goes as well: the id that it came for is not its own any more.
void PresenceRecords::OnLost(const storage::PresenceRecord& record, Now now) {
  Session* loser = sessions_.Find({record.session});
  if (!loser) return;
  closer_.CloseAs(*loser, CloseCause::kReplaced, {}, Going::kLosesId, now);
}

}  // namespace sluice::hub
