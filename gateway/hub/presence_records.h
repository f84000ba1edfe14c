// SPDX-License-Identifier: Apache-2.0
//
// Sessions in presence: what is told of one there, and what becomes of one whose id is somebody
// else's by now. Single-threaded.
#pragma once

#include <string>

#include "storage/presence.h"

namespace sluice::storage {
class Executor;
}

namespace sluice::hub {

class Closer;
class Sessions;
struct Session;

class PresenceRecords {
 public:
  // What is given outlives this.
  PresenceRecords(const std::string& node, Sessions& sessions, Closer& closer,
                  storage::Presence& presence, storage::Executor& self);

  storage::PresenceRecord RecordOf(const Session& session) const;
  // Its record has changed.
  void Update(const Session& session) { presence_.Update(RecordOf(session)); }

 private:
  void OnLost(const storage::PresenceRecord& record, Now now);

  const std::string& node_;
  Sessions& sessions_;
  Closer& closer_;
  storage::Presence& presence_;
};

}  // namespace sluice::hub
