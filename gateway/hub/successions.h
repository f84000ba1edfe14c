// SPDX-License-Identifier: Apache-2.0
//
// An id goes from one session to the next, across shards and nodes. Whoever claims one that is held
// waits until its holder has been displaced; what that leaves (its channels, and the event that
// tells of it) comes to the heir, or to the heir's heir, if that was displaced meanwhile. So every
// session that was told of as opened is told of once more: as closed, or as taken over.
//
// Before anything is passed to another shard or node the events until then are handed over: the log
// has them in the order in which they happened. Single-threaded.
#pragma once

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "gateway/hub/shard_types.h"
#include "gateway/hub/types.h"

namespace sluice::hub {

class Closer;
class Conflicts;
class EventBuffer;
class Neighbours;
class Newcomers;
class PresenceRecords;
class Sessions;
struct Session;
struct ShardProbe;

// Who has got an id.
class Heirs {
 public:
  virtual ~Heirs() = default;
  // It may open now, and comes into what another left.
  virtual void Enter(Session& heir, Estate estate, Now now) = 0;
};

class Successions {
 public:
  // What is given outlives this.
  Successions(Sessions& sessions, const Neighbours& neighbours, PresenceRecords& records,
              Conflicts& conflicts, Newcomers& newcomers, Heirs& heirs, Closer& closer,
              EventBuffer& events, storage::Presence& presence, storage::Executor& self,
              ShardProbe& probe);
  ~Successions();

  // Asks presence for the session's id. Heirs or Newcomers hear what comes of it, unless the
  // session leaves before; then the id is given back.
  void Claim(Session& session);

  // Another session has taken over what `holder` holds, or is about to get.
  void Displace(const storage::PresenceRecord& holder, Heir heir, Now now);
  void Inherit(SessionKey heir, Estate estate, Now now);

 private:
  // An id on its way from one session to the next: from when a session claims it until it has come
  // into it. `heir` is who has taken it over from that session meanwhile, if anybody has.
  struct Succession {
    storage::PresenceKey name;
    Heir heir = nullptr;
  };
  void OnClaimed(const storage::PresenceRecord& record, absl::StatusOr<storage::Claim> claim,
                 Now now);
  const Session* UnclaimedArrival(SessionKey key) const;
  const Session* KeeperHere(const Session& newcomer) const;
  Estate GiveUp(SessionKey key, Now now);
  void PassOn(Heir heir, Estate estate);
  void TellGone(const Succession& succession, Estate estate, Now now);
  Succession Take(SessionKey key);

  Sessions& sessions_;
  const Neighbours& neighbours_;
  PresenceRecords& records_;
  Conflicts& conflicts_;
  Newcomers& newcomers_;
  Heirs& heirs_;
  Closer& closer_;
  EventBuffer& events_;
  storage::Presence& presence_;
  storage::Executor& self_;
  ShardProbe& probe_;
  absl::flat_hash_map<SessionKey, Succession> waiting_;  // by who claims
};

}  // namespace sluice::hub
