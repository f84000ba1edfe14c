// SPDX-License-Identifier: Apache-2.0
//
// The sessions of one namespace that see its members come and go (members.h).
#pragma once

#include <cstddef>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "gateway/hub/types.h"
#include "storage/presence.h"
#include "storage/time.h"

namespace sluice::hub {

struct Viewers {
  static constexpr size_t kNoList = static_cast<size_t>(-1);
  storage::Presence::WatchId watch = 0;
  // How many of `untold` each knows from its list; kNoList: it has none yet.
  absl::flat_hash_map<SessionKey, size_t> known;
  std::vector<SessionKey> newcomers;  // whose list has not been asked for
  std::vector<storage::PresenceChange> untold;
  bool telling = false;  // Members::TellNews is on its way
  Instant told_at = Instant::Past();
};

}  // namespace sluice::hub
