// SPDX-License-Identifier: Apache-2.0
#include "storage/presence_memory.h"

#include <atomic>
#include <map>
#include <memory>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/container/btree_map.h"
#include "absl/container/node_hash_set.h"
#include "absl/synchronization/mutex.h"

namespace sluice::storage {

class MemoryPresence::Table {
 public:
  Claim TryClaim(PresenceRecord record, ClaimPolicy policy) {
    absl::MutexLock lock(&mutex_);
    const std::string name = record.key.space;
    auto [it, inserted] = spaces_[name].try_emplace(record.key.id);
    Claim claim;
    if (!inserted && !IsHolder(it->second, record.node, record.session)) {
      claim.holder = Copy(name, *it);
      if (!Yields(it->second, record, policy)) {
        claim.result = Claim::Result::kHeld;
        return claim;
      }
      claim.result = Claim::Result::kTakenOver;
    }
    Fill(it->second, std::move(record));
    if (inserted) Tell(true, name, *it);
    return claim;
  }

  void Keep(PresenceRecord record, ClaimPolicy policy) {
    Claim claim = TryClaim(record, policy);
    absl::MutexLock lock(&mutex_);
    if (claim.result == Claim::Result::kHeld) TellLost(record);
    if (claim.result == Claim::Result::kTakenOver) TellLost(claim.holder);
  }

  void OnLost(Executor& home, Lost lost) {
    absl::MutexLock lock(&mutex_);
    losers_.push_back({&home, std::make_shared<Lost>(std::move(lost))});
  }

  void Update(PresenceRecord record) {
    absl::MutexLock lock(&mutex_);
    Entry* entry = FindHeld(record.key, record.node, record.session);
    if (entry != nullptr) Fill(*entry, std::move(record));
  }

  void Release(const PresenceKey& key, const std::string& node, uint64_t session) {
    absl::MutexLock lock(&mutex_);
    if (FindHeld(key, node, session) == nullptr) return;
    auto space = spaces_.find(key.space);
    auto entry = space->second.find(key.id);
    Tell(false, key.space, *entry);
    space->second.erase(entry);
    if (space->second.empty()) spaces_.erase(space);
  }

  // The answer is posted under the lock, and so are changes: their order on `home` is that in which
  // they happened.
  void ListTo(const std::string& name, const std::string& after, size_t limit, Executor& home,
              Done<std::vector<PresenceRecord>> done) {
    absl::MutexLock lock(&mutex_);
    home.Post([page = List(name, after, limit), done = std::move(done)](Now at) mutable {
      done(std::move(page), at);
    });
  }

  size_t Count(const std::string& name) const {
    absl::MutexLock lock(&mutex_);
    auto space = spaces_.find(name);
    return space == spaces_.end() ? 0 : space->second.size();
  }

  WatchId Watch(const std::string& name, Executor& home, Watcher watcher) {
    absl::MutexLock lock(&mutex_);
    WatchId id = next_watch_++;
    watches_[name].emplace(id, WatchEntry{&home, std::make_shared<Watching>(std::move(watcher))});
    watched_.emplace(id, name);
    return id;
  }

  void Unwatch(WatchId id) {
    absl::MutexLock lock(&mutex_);
    auto name = watched_.find(id);
    if (name == watched_.end()) return;
    auto watches = watches_.find(name->second);
    auto watch = watches->second.find(id);
    watch->second.watching->over = true;
    watches->second.erase(watch);
    if (watches->second.empty()) watches_.erase(watches);
    watched_.erase(name);
  }

  size_t held() const {
    absl::MutexLock lock(&mutex_);
    size_t held = 0;
    for (const auto& [name, space] : spaces_) held += space.size();
    return held;
  }

 private:
  // A record without its key; the nodes' few names are kept once.
  struct Entry {
    const std::string* node = nullptr;
    uint64_t session = 0;
    absl::Time connected_at;
    std::string user;
    std::unique_ptr<const std::string> detail;  // null: empty, as in most dialects
  };
  using Space = absl::btree_map<std::string, Entry>;  // by id

  static bool IsHolder(const Entry& entry, const std::string& node, uint64_t session) {
    return entry.session == session && *entry.node == node;
  }

  static bool Yields(const Entry& older, const PresenceRecord& newer, ClaimPolicy policy) {
    switch (policy) {
      case ClaimPolicy::kReject:
        return false;
      case ClaimPolicy::kSameUser:
        return !newer.user.empty() && newer.user == older.user;
      case ClaimPolicy::kTakeover:
        return true;
    }
    return false;
  }

  static PresenceRecord Copy(const std::string& space, const Space::value_type& item) {
    const auto& [id, entry] = item;
    return {{space, id},   entry.user,         *entry.node,
            entry.session, entry.connected_at, entry.detail ? *entry.detail : ""};
  }

  // Shared with the calls that are on their way; `over` is for the executor's thread.
  struct Watching {
    explicit Watching(Watcher w) : watcher(std::move(w)) {}
    Watcher watcher;
    std::atomic<bool> over{false};
  };
  struct WatchEntry {
    Executor* home;
    std::shared_ptr<Watching> watching;
  };

  struct Loser {
    Executor* home;
    std::shared_ptr<Lost> lost;
  };

  void TellLost(const PresenceRecord& record) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    for (const Loser& loser : losers_) {
      loser.home->Post([lost = loser.lost, record](Now now) { (*lost)(record, now); });
    }
  }

  void Tell(bool came, const std::string& name, const Space::value_type& item)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    auto watches = watches_.find(name);
    if (watches == watches_.end()) return;
    PresenceChange change{came, Copy(name, item)};
    for (const auto& [id, watch] : watches->second) {
      watch.home->Post([watching = watch.watching, change](Now now) {
        if (!watching->over) watching->watcher(change, now);
      });
    }
  }

  std::vector<PresenceRecord> List(const std::string& name, const std::string& after,
                                   size_t limit) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    std::vector<PresenceRecord> page;
    auto space = spaces_.find(name);
    if (space == spaces_.end()) return page;
    for (auto it = space->second.upper_bound(after);
         it != space->second.end() && page.size() < limit; ++it) {
      page.push_back(Copy(name, *it));
    }
    return page;
  }

  void Fill(Entry& entry, PresenceRecord record) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    entry.node = &*nodes_.insert(std::move(record.node)).first;
    entry.session = record.session;
    entry.connected_at = record.connected_at;
    entry.user = std::move(record.user);
    entry.detail = record.detail.empty()
                       ? nullptr
                       : std::make_unique<const std::string>(std::move(record.detail));
  }

  Entry* FindHeld(const PresenceKey& key, const std::string& node, uint64_t session)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    auto space = spaces_.find(key.space);
    if (space == spaces_.end()) return nullptr;
    auto entry = space->second.find(key.id);
    if (entry == space->second.end()) return nullptr;
    return IsHolder(entry->second, node, session) ? &entry->second : nullptr;
  }

  mutable absl::Mutex mutex_;
  Instant now_ ABSL_GUARDED_BY(mutex_) = Instant::Past();
  absl::btree_map<std::string, Space> spaces_ ABSL_GUARDED_BY(mutex_);
  absl::node_hash_set<std::string> nodes_ ABSL_GUARDED_BY(mutex_);
  // By namespace.
  std::map<std::string, std::map<WatchId, WatchEntry>> watches_ ABSL_GUARDED_BY(mutex_);
  std::map<WatchId, std::string> watched_ ABSL_GUARDED_BY(mutex_);  // the namespace of each
  WatchId next_watch_ ABSL_GUARDED_BY(mutex_) = 1;
  std::vector<Loser> losers_ ABSL_GUARDED_BY(mutex_);
};

MemoryPresence::MemoryPresence() : table_(std::make_shared<Table>()) {}
MemoryPresence::~MemoryPresence() = default;

void MemoryPresence::TryClaim(PresenceRecord record, ClaimPolicy policy, Executor& home,
                              Done<Claim> done) {
  home.Post([table = table_, record = std::move(record), policy, done = std::move(done)](
                Now now) mutable { done(table->TryClaim(std::move(record), policy), now); });
}

void MemoryPresence::Keep(PresenceRecord record, ClaimPolicy policy) {
  table_->Keep(std::move(record), policy);
}

void MemoryPresence::OnLost(Executor& home, Lost lost) { table_->OnLost(home, std::move(lost)); }

void MemoryPresence::Update(PresenceRecord record) { table_->Update(std::move(record)); }

void MemoryPresence::Release(const PresenceKey& key, const std::string& node, uint64_t session) {
  table_->Release(key, node, session);
}

void MemoryPresence::List(const std::string& space, const std::string& after, size_t limit,
                          Executor& home, Done<std::vector<PresenceRecord>> done) {
  home.Post([table = table_, space, after, limit, &home, done = std::move(done)](Now) mutable {
    table->ListTo(space, after, limit, home, std::move(done));
  });
}

void MemoryPresence::Count(const std::string& space, Executor& home, Done<size_t> done) {
  home.Post([table = table_, space, done = std::move(done)](Now now) mutable {
    done(table->Count(space), now);
  });
}

Presence::WatchId MemoryPresence::Watch(const std::string& space, Executor& home, Watcher watcher) {
  return table_->Watch(space, home, std::move(watcher));
}

void MemoryPresence::Unwatch(WatchId watch) { table_->Unwatch(watch); }

size_t MemoryPresence::held() const { return table_->held(); }

}  // namespace sluice::storage
