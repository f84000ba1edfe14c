// SPDX-License-Identifier: Apache-2.0
//
// The records that this node holds. It keeps them itself as well, so that what Redis forgets is
// claimed again: after each change of master, a flushed database, an end that this node was taken
// to have met. Then records go in batches, a few at a time. Of what was asked and not answered for
// certain the same batches make sure. Loop thread. Internal to the room.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/container/btree_set.h"
#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "storage/presence.h"
#include "storage/redis/held_spaces.h"
#include "storage/redis/presence_codec.h"
#include "storage/redis/presence_context.h"

namespace sluice::storage::redis {

class Holdings {
 public:
  using Claimed = absl::AnyInvocable<void(absl::StatusOr<Claim> claim)>;
  struct Ports {
    // See Presence::OnLost.
    std::function<void(const PresenceRecord& record)> lost;
    // A change of this node has this version.
    std::function<void(const std::string& space, const Version& version)> changed;
    // Another node's record is this node's by now.
    std::function<void(const PresenceRecord& theirs, bool settled)> taken;
    // These may have been taken from others, who were not told: they claim them again.
    std::function<void(const std::string& space, const std::vector<std::string>& ids)> disputed;
  };

  Holdings(PresenceContext& context, Ports ports)
      : context_(context), ports_(std::move(ports)), spaces_noted_(context) {}

  void TryClaim(PresenceRecord record, ClaimPolicy policy, Claimed done);
  // See Presence::Keep.
  void Keep(const PresenceRecord& record, ClaimPolicy policy);
  void Update(const PresenceRecord& record);
  void Release(const PresenceKey& key, uint64_t session);

  // Another node has taken over what the session held. `settled`: after a conflict; else the heir
  // tells of it by itself, and only if that does not come it is told as lost.
  void OnTaken(const PresenceKey& key, uint64_t session, bool settled);

  // This is claimed again, if it is held.
  void ClaimAgain(const std::string& space, const std::string& id);
  // All is claimed again. `anew`: in another generation, as Redis may have lost any of it.
  void ClaimAll(bool anew);
  void Tick();

  // Records that are not claimed again yet.
  size_t unclaimed() const { return dirty_ + flying_; }
  // All is claimed in this generation, and nothing of an earlier one is under way.
  bool settled() const {
    return unclaimed() == 0 &&
           (claiming_.empty() || claiming_.begin()->first == context_.generation);
  }
  // Of which it holds records, or did a moment ago.
  std::vector<std::string> spaces() const;

 private:
  // Redis is told of one state of a record after the other, since commands may overtake one
  // another: what changes while one is under way is sent when that is answered.
  struct Holding {
    PresenceRecord record;
    ClaimPolicy policy = ClaimPolicy::kReject;
    int telling = 0;       // commands under way
    bool changed = false;  // since those were sent
  };
  using Session = std::pair<std::string, uint64_t>;  // id and session
  // An id that is being given up; claims of it wait for that. (Commands may overtake one another: a
  // script that Redis does not know is sent once more.)
  struct Releasing {
    int under_way = 0;
    std::vector<absl::AnyInvocable<void()>> then;
  };
  struct Space {
    absl::flat_hash_map<std::string, Holding> held;
    absl::flat_hash_set<std::string> dirty;  // of held
    absl::btree_set<Session> doubtful;       // given up, but maybe still there
    absl::btree_set<Session> disputed;       // a claim was not answered: it may have taken the id
    absl::flat_hash_map<std::string, Releasing> releasing;
    size_t under_way = 0;
    bool queued = false;  // for repair
  };
  using Batch = std::vector<Session>;

  void ClaimNoted(PresenceRecord record, ClaimPolicy policy, Claimed done);
  void SendClaim(PresenceRecord record, ClaimPolicy policy, Claimed done);
  void OnClaimed(const PresenceRecord& record, ClaimPolicy policy,
                 const absl::StatusOr<Reply>& reply, bool stale, Claimed done);
  void NoLongerClaiming(uint32_t generation);
  void Outlived(const PresenceRecord& older, Claim& claim);
  absl::StatusOr<Claim> ReadClaim(const PresenceRecord& record, const absl::StatusOr<Reply>& reply);
  void Hold(const PresenceRecord& record, ClaimPolicy policy);
  void SendUpdate(Holding& holding);
  void OnTold(const PresenceKey& key, uint64_t session);  // one of those under way
  void SendRelease(const std::string& space, Batch batch);
  void OnReleased(const std::string& space, const Batch& batch, const absl::StatusOr<Reply>& reply);
  void MarkDirty(const std::string& space, const std::string& id);
  void Clean(Space& space, const std::string& id);
  void Repair(const std::string& space);
  void Dispute(const std::string& space, const Session& session, ClaimPolicy policy);
  void EndDisputes(const std::string& space, const Batch& settled);
  void Pause();
  void Pump();
  void SendReclaim(const std::string& space);
  void OnReclaimed(const std::string& space, const Batch& batch,
                   const absl::StatusOr<Reply>& reply);
  void SettleAll(const std::string& space, const Batch& batch, const absl::StatusOr<Reply>& reply);
  void Settle(const std::string& space, const Session& session, int64_t result,
              const std::string& holder);
  const PresenceRecord* FindRecord(const PresenceKey& key) const;
  Holding* Find(const std::string& space, const std::string& id, uint64_t session);
  void Changed(const std::string& space, std::string_view version);
  void Done(const std::string& space);                     // one of those under way
  void Rest(const std::string& name, const Space& space);  // it may be idle by now
  void DropIdle();

  PresenceContext& context_;
  Ports ports_;
  HeldSpaces spaces_noted_;
  absl::flat_hash_map<std::string, Space> spaces_;
  std::deque<std::string> repairs_;  // namespaces that have dirty or doubtful ones
  std::vector<std::string> idle_;    // that were empty when last looked at
  std::deque<std::pair<Instant, PresenceRecord>> late_;  // to be told as lost then
  size_t dirty_ = 0;
  size_t flying_ = 0;                    // records that are being claimed again
  size_t batches_ = 0;                   // under way
  std::map<uint32_t, size_t> claiming_;  // claims under way, by their generation
  Instant repair_at_ = Instant::Past();
  Instant drop_at_ = Instant::Past();
};

}  // namespace sluice::storage::redis
