// SPDX-License-Identifier: Apache-2.0
//
// The nodes that share one Redis: who they are, and which of them are dead.
//
// Each node has an entry: its name, the epoch of this life of it, a counter, and facts that it
// tells of itself. Eight times a lease a node raises its counter and reads all entries, with one
// command; and all read at once when a node says on a channel that it has come or leaves. A node
// whose counter has not moved for five eighths of a lease of the reader's own steady clock is dead:
// so its end is seen within one lease, and no clock of Redis or of any host has a say. A time in
// which nothing could be read does not count; after it everybody gets as long again.
//
// The death is decided in Redis, by whoever gets there first and only if the counter is still the
// same. The entry stays, marked, for a while, so that every node sees it. A node that was away for
// longer than that (frozen, cut off) finds itself dead, and goes on as a new epoch.
//
// For the thread of the client; live() for any. Observers are called on the client's thread.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/random/random.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "storage/redis/client.h"
#include "storage/time.h"

namespace sluice::storage::redis {

class Nodes {
 public:
  struct Options {
    std::string name;                          // --node
    absl::Duration lease = absl::Seconds(60);  // --presence-lease
  };
  struct Node {
    std::string name;
    std::string epoch;
    std::string facts;
  };
  struct Observer {
    // It is dead, or was and this node sees it now. Told once more after a while, in case that
    // somebody died who was clearing up after it.
    std::function<void(const std::string& name, const std::string& epoch)> on_dead;
    // It has left by itself, or Redis has lost it and it did not come back.
    std::function<void(const std::string& name, const std::string& epoch)> on_left{};
    // This node was taken for dead: it has a new epoch.
    std::function<void()> on_evicted;
    // Redis has lost all entries, or has older ones than it had, and so maybe no record.
    std::function<void()> on_forgotten;
  };

  // `client` outlives this.
  Nodes(Client& client, Options options);

  // Before the first Tick.
  void Observe(Observer observer) { observers_.push_back(std::move(observer)); }
  // What others read of this node; from the next beat on.
  void SetFacts(std::string facts) { facts_ = std::move(facts); }

  // The client's on_new_master and tick lead here.
  void OnNewMaster();
  void Tick(Now now);
  // This node leaves: others know it no more, and nobody calls it dead, or clears up after it. So
  // whoever still holds something does not leave, but goes.
  void Leave();

  const std::string& name() const { return options_.name; }
  // Of this life of the node; another after on_evicted. Its first 16 bytes are the process's, and
  // the epochs of one process are in order.
  const std::string& epoch() const { return epoch_; }
  absl::Duration lease() const { return options_.lease; }
  // Others know this epoch.
  bool registered() const { return registered_; }
  // Another node of this name is alive, which must not be.
  bool contested() const { return now_ < contested_until_; }

  // Any thread. Those that are not known to be dead, this one among them.
  std::vector<Node> live() const;

 private:
  struct Entry {
    std::string name;
    std::string epoch;
    std::string counter;
    std::string facts;
    bool dead = false;
    Instant since;      // dead: told at; else the counter was seen to move
    int told = 0;       // dead: how often
    bool read = false;  // in the last answer
  };

  void Listen();
  void Announce();
  void Beat();
  void OnBeat(const absl::StatusOr<Reply>& reply, uint64_t counter);
  void Take(std::string_view own, const std::vector<Reply>& all, bool forgotten);
  void Read(const std::string& field, std::string_view value);
  void Judge();
  void Bury(const std::string& field, Entry& entry);
  void MarkDead(const std::string& field, const Entry& entry);
  void TellDead(Entry& entry);
  void TellLeft(const Entry& entry) const;
  void Evicted();
  void Publish();
  std::string Field() const;
  std::string NextEpoch();
  absl::Duration patience() const { return options_.lease * 5 / 8; }

  Client& client_;
  const Options options_;
  std::vector<Observer> observers_;
  absl::BitGen random_;
  const std::string process_;
  int epochs_ = 0;
  std::string epoch_;
  std::string facts_;
  uint64_t counter_ = 0;
  uint64_t told_counter_ = 0;  // that Redis had last
  bool listening_ = false;
  bool registered_ = false;
  bool beating_ = false;
  bool left_ = false;
  Now now_{};
  Instant next_ = Instant::Past();
  Instant read_at_ = Instant::Past();
  Instant contested_until_ = Instant::Past();
  Instant grace_ = Instant::Past();  // until then entries that Redis has lost are kept
  std::string life_;                 // of the hash; another once it was lost
  absl::flat_hash_map<std::string, Entry> entries_;

  mutable absl::Mutex mutex_;
  std::vector<Node> live_ ABSL_GUARDED_BY(mutex_);
};

// Another one each time: 16 hex digits.
std::string RandomName(absl::BitGen& random);

}  // namespace sluice::storage::redis
