// SPDX-License-Identifier: Apache-2.0
//
// Who is here: the leased record of every live connection, unique by (namespace, id) over the whole
// cluster. A lease that is not renewed is gone; presence outlives nothing.
//
// Every call returns at once and never blocks; `done` runs on `home`, never from within the call.
// Implementations are thread-safe. A failure of the store itself is an absl::Status of code
// UNAVAILABLE.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "storage/executor.h"

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

  // Atomically claims record.key for record.session for one lease.
  virtual void TryClaim(PresenceRecord record, ClaimPolicy policy, Executor& home,
                        Done<Claim> done) = 0;

  // Replaces the record of a session that still holds its key; without effect if it does not.
  virtual void Update(PresenceRecord record) = 0;

  // Extends the leases of these sessions by one lease each. `done` gets the records of those that
  // were lost meanwhile (expired, or taken over): by then another session may have the key.
  virtual void Renew(std::vector<PresenceRecord> records, Executor& home,
                     Done<std::vector<PresenceRecord>> done) = 0;

  // Gives the key back if `session` on `node` still holds it.
  virtual void Release(const PresenceKey& key, const std::string& node, uint64_t session) = 0;

  virtual void Get(const PresenceKey& key, Executor& home, Done<PresenceRecord> done) = 0;

  // The namespace's records with id > `after`, ascending, at most `limit`.
  virtual void List(const std::string& space, const std::string& after, size_t limit,
                    Executor& home, Done<std::vector<PresenceRecord>> done) = 0;

  // Calls `change` on `home` for everyone who comes into or leaves a namespace from now on, in
  // their order; who takes an id over does neither. A List asked on the same executor is consistent
  // with it: what came before the list's `done` is in the list.
  using WatchId = uint64_t;
  using Watcher = absl::AnyInvocable<void(const PresenceChange& change, Now now)>;
  virtual WatchId Watch(const std::string& space, Executor& home, Watcher watcher) = 0;
  // None is called after this returned to `home`'s thread.
  virtual void Unwatch(WatchId watch) = 0;

  virtual void Count(const std::string& space, Executor& home, Done<uint64_t> done) = 0;
};

}  // namespace sluice::storage
