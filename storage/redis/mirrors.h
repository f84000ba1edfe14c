// SPDX-License-Identifier: Apache-2.0
//
// Namespaces that somebody on this node watches: who is there, kept up by what is published, so
// that each change is told once and a list is never older than what was told before it.
//
// A mirror is read from Redis, page by page, when it is made and whenever a change may have been
// missed; what is different then is told. After Redis may have lost something, members that are
// missing there are doubtful for a lease: their nodes claim them again. Lists of a namespace that
// is mirrored come from the mirror, once it has all that this node knows of; if that takes too long
// they fail. Loop thread. Internal to the room.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/btree_map.h"
#include "absl/container/flat_hash_map.h"
#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "storage/presence.h"
#include "storage/redis/member_set.h"
#include "storage/redis/presence_codec.h"
#include "storage/redis/presence_context.h"

namespace sluice::storage::redis {

class Mirrors {
 public:
  using Listed = absl::AnyInvocable<void(absl::StatusOr<std::vector<PresenceRecord>> page)>;
  using Told = std::function<void(const PresenceChange& change)>;
  struct Query {
    std::string after;
    size_t limit = 0;
    Listed done;
  };

  explicit Mirrors(PresenceContext& context) : context_(context) {}

  void Watch(const std::string& space, Presence::WatchId id, Told told);
  void Unwatch(Presence::WatchId id);

  // False: nobody watches the namespace, and `query` is untouched.
  bool List(const std::string& space, Query& query);

  // Calls `then` when the namespace's first reading, if there is one under way, is done or has
  // failed: what this node changes after it has begun to watch is told.
  void AfterReading(const std::string& space, absl::AnyInvocable<void()> then);

  // This node has made this change: lists have it.
  void Await(const std::string& space, const Version& version);
  // Redis may have lost records.
  void OnLoss();
  void Tick();

 private:
  struct Waiting {
    Query query;
    Instant deadline;
  };
  struct Mirror {
    explicit Mirror(std::string name) : set(std::move(name)) {}
    MemberSet set;
    absl::btree_map<Presence::WatchId, Told> watches;
    std::vector<Waiting> lists;
    std::vector<absl::AnyInvocable<void()>> after_reading;  // the first
    std::optional<MemberReading> reading;
    uint64_t reading_number = 0;          // which one; answers to others do not count
    Instant read_at = Instant::Future();  // to be read again then
    bool subscribed = false;
    bool read = false;    // has been read, so that what is different is told
    bool synced = false;  // as Redis was when subscribed, and all changes since
    Version awaited;      // of this node's own changes; empty: none
    Instant doubt_until = Instant::Past();
  };

  void OnConfirmed(const std::string& space);
  void OnGap(const std::string& space);
  void OnMessage(const std::string& space, const std::string& payload);
  void Read(Mirror& mirror);
  void AskPage(Mirror& mirror);
  void OnPage(const std::string& space, uint64_t number, const absl::StatusOr<Reply>& reply);
  void Finish(Mirror& mirror);
  void Take(Mirror& mirror, const SetChanges& changes);
  void Doubt(Mirror& mirror);
  void Tell(const Mirror& mirror, const std::vector<PresenceChange>& changes);
  static void GoOn(Mirror& mirror);
  void AnswerLists(Mirror& mirror);
  void FailLists(Mirror& mirror);
  bool CaughtUp(const Mirror& mirror) const;
  Mirror* Find(const std::string& space);

  PresenceContext& context_;
  absl::flat_hash_map<std::string, std::unique_ptr<Mirror>> mirrors_;
  absl::flat_hash_map<Presence::WatchId, std::string> spaces_;  // of watches
  uint64_t readings_ = 0;
  Instant doubt_until_ = Instant::Past();
};

}  // namespace sluice::storage::redis
