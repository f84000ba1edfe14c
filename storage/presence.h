// SPDX-License-Identifier: Apache-2.0
//
// Who is here: the record of every live connection, unique by (namespace, id) over the whole
// cluster. A record is held as long as its node is: the node has one lease, its connections none.
//
// Every call returns at once and never blocks; `done` runs on `home`, never from within the call.
// Implementations are thread-safe. A failure of the store itself is an absl::Status:
//   UNAVAILABLE         it is away, or too slow
//   RESOURCE_EXHAUSTED  it has no room
//   others              it is not set up as it must be
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "storage/executor.h"
#include "storage/health.h"

namespace sluice::storage {

// The name under which a connection is claimed.
struct PresenceKey {
  std::string space;  // the namespace
  std::string id;

  friend bool operator==(const PresenceKey&, const PresenceKey&) = default;
  template <typename H>
  friend H AbslHashValue(H h, const PresenceKey& key) {
    return H::combine(std::move(h), key.space, key.id);
  }
};

struct PresenceRecord {
  PresenceKey key;
  std::string user;      // empty: nobody known
  std::string node;      // who holds the socket
  uint64_t session = 0;  // which session on that node; tells two holders of one key apart
  absl::Time connected_at;
  std::string detail;  // opaque to the store: what a dialect shows of its members
};

// Somebody came into a namespace, or left it.
struct PresenceChange {
  bool came = false;
  PresenceRecord record;
};

// What happens when a key is held by another session already.
enum class ClaimPolicy {
  kReject,    // the older one stays
  kSameUser,  // the newer one takes over if both have the same, non-empty user; else kReject
  kTakeover,  // the newer one takes over
};

struct Claim {
  enum class Result {
    kNew,        // nobody held it
    kTakenOver,  // `holder` held it and has just lost it
    kHeld,       // `holder` keeps it
  };
  Result result = Result::kNew;
  PresenceRecord holder;  // meaningless with kNew
};

class Presence {
 public:
  template <typename T>
  using Done = absl::AnyInvocable<void(absl::StatusOr<T> result, Now now)>;

  virtual ~Presence() = default;

  // Atomically claims record.key for record.session, until that is released, taken over or lost.
  // Whoever holds it already gets kNew again. After a failure nothing is claimed.
  virtual void TryClaim(PresenceRecord record, ClaimPolicy policy, Executor& home,
                        Done<Claim> done) = 0;

  // For whoever lets a session in although TryClaim has failed: the session holds its key as far as
  // this node goes, and claims it as soon as the store can be asked. If another one keeps it then,
  // OnLost tells.
  virtual void Keep(PresenceRecord record, ClaimPolicy policy) = 0;

  // Replaces the record of a session that still holds its key; without effect if it does not.
  virtual void Update(PresenceRecord record) = 0;

  // Gives the key back if `session` on `node` still holds it.
  virtual void Release(const PresenceKey& key, const std::string& node, uint64_t session) = 0;

  // Tells `lost` on `home` of each record that a session of this node held and holds no more,
  // though nobody of this node gave it up: the node was taken for dead and somebody took the id
  // meanwhile, or the store forgot and of two that had it then the other one keeps it. Call it
  // before the first claim; each of several is told of all.
  using Lost = absl::AnyInvocable<void(const PresenceRecord& record, Now now)>;
  virtual void OnLost(Executor& home, Lost lost) = 0;

  // What is left of a node that has died or left is removed from the store.
  struct Burial {
    std::string node;
    std::vector<PresenceRecord> records{};
    bool last = false;  // nothing of this life of it is left
  };
  // Tells `buried` on `home` of the records of dead nodes that this node has removed: each record
  // is removed, and so told, on one node alone (if the store's answer is lost, on none); and on
  // every node that has known it when a node has left nothing any more, once, behind what was
  // removed here. Call it before the first claim.
  using Buried = absl::AnyInvocable<void(const Burial& burial, Now now)>;
  virtual void OnBuried(Executor& home, Buried buried) = 0;

  // The namespace's records with id > `after`, ascending, at most `limit`.
  virtual void List(const std::string& space, const std::string& after, size_t limit,
                    Executor& home, Done<std::vector<PresenceRecord>> done) = 0;

  // How many records the namespace has.
  virtual void Count(const std::string& space, Executor& home, Done<size_t> done) = 0;

  // Calls `change` on `home` for everyone who comes into or leaves a namespace from now on, in
  // their order; who takes an id over does neither. A List asked on the same executor is consistent
  // with it: what came before the list's `done` is in the list. Until the first such list is there,
  // and when the store has failed, changes are told as what they add up to.
  using WatchId = uint64_t;
  using Watcher = absl::AnyInvocable<void(const PresenceChange& change, Now now)>;
  virtual WatchId Watch(const std::string& space, Executor& home, Watcher watcher) = 0;
  // None is called after this returned to `home`'s thread.
  virtual void Unwatch(WatchId watch) = 0;

  // As it is known now, without asking.
  virtual Health health() const = 0;
};

}  // namespace sluice::storage
