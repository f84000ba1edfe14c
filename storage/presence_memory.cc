// SPDX-License-Identifier: Apache-2.0
#include "storage/presence_memory.h"

#include <algorithm>
#include <atomic>
#include <map>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/container/btree_map.h"
#include "absl/container/node_hash_set.h"
#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"

namespace sluice::storage {

class MemoryPresence::Table {
 public:
  explicit Table(absl::Duration lease) : lease_(lease) {}

  Claim TryClaim(PresenceRecord record, ClaimPolicy policy, Instant now) {
    absl::MutexLock lock(&mutex_);
    Advance(now);
    const std::string space_name = record.key.space;
    Space& space = spaces_[space_name];
    auto [it, inserted] = space.try_emplace(record.key.id);
    Claim claim;
    if (!inserted && Over(it->second)) Tell(false, record.key.space, *it);
    if (!inserted && !Over(it->second)) {
      claim.holder = Copy(record.key.space, *it);
      if (!Yields(it->second, record, policy)) {
        claim.result = Claim::Result::kHeld;
        return claim;
      }
      claim.result = Claim::Result::kTakenOver;
    }
    Fill(it->second, std::move(record));
    it->second.expires_at = now_ + lease_;
    if (claim.result == Claim::Result::kNew) Tell(true, space_name, *it);
    return claim;
  }

  void Update(PresenceRecord record) {
    absl::MutexLock lock(&mutex_);
    Entry* entry = FindHeld(record.key, record.node, record.session);
    if (entry != nullptr) Fill(*entry, std::move(record));
  }

  std::vector<PresenceRecord> Renew(std::vector<PresenceRecord> records, Instant now) {
    absl::MutexLock lock(&mutex_);
    Advance(now);
    std::vector<PresenceRecord> lost;
    for (PresenceRecord& record : records) {
      Entry* entry = FindHeld(record.key, record.node, record.session);
      if (entry == nullptr) {
        lost.push_back(std::move(record));
      } else {
        entry->expires_at = now_ + lease_;
      }
    }
    return lost;
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

  absl::StatusOr<PresenceRecord> Get(const PresenceKey& key, Instant now) {
    absl::MutexLock lock(&mutex_);
    Advance(now);
    if (auto space = spaces_.find(key.space); space != spaces_.end()) {
      auto entry = space->second.find(key.id);
      if (entry != space->second.end() && !Over(entry->second)) return Copy(key.space, *entry);
    }
    return absl::NotFoundError(absl::StrCat("nobody is ", key.id, " in ", key.space));
  }

  // The answer is posted under the lock, and so are changes: their order on `home` is that in which
  // they happened.
  void ListTo(const std::string& name, const std::string& after, size_t limit, Instant now,
              Executor& home, Done<std::vector<PresenceRecord>> done) {
    absl::MutexLock lock(&mutex_);
    Advance(now);
    home.Post([page = List(name, after, limit), done = std::move(done)](Now at) mutable {
      done(std::move(page), at);
    });
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

  uint64_t Count(const std::string& name, Instant now) {
    absl::MutexLock lock(&mutex_);
    Advance(now);
    auto space = spaces_.find(name);
    if (space == spaces_.end()) return 0;
    return std::count_if(space->second.begin(), space->second.end(),
                         [this](const auto& item)
                             ABSL_NO_THREAD_SAFETY_ANALYSIS { return !Over(item.second); });
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
    Instant expires_at;
    std::string user;
    std::string detail;
  };
  using Space = absl::btree_map<std::string, Entry>;  // by id

  // How many records each call that is told the time looks at, to sweep what is
  // over.
  static constexpr int kSweep = 4;

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
    return {{space, id}, entry.user, *entry.node, entry.session, entry.connected_at, entry.detail};
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
      if (!Over(it->second)) page.push_back(Copy(name, *it));
    }
    return page;
  }

  bool Over(const Entry& entry) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return entry.expires_at <= now_;
  }

  void Fill(Entry& entry, PresenceRecord record) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    entry.node = &*nodes_.insert(std::move(record.node)).first;
    entry.session = record.session;
    entry.connected_at = record.connected_at;
    entry.user = std::move(record.user);
    entry.detail = std::move(record.detail);
  }

  Entry* FindHeld(const PresenceKey& key, const std::string& node, uint64_t session)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    auto space = spaces_.find(key.space);
    if (space == spaces_.end()) return nullptr;
    auto entry = space->second.find(key.id);
    if (entry == space->second.end() || Over(entry->second)) return nullptr;
    bool same = entry->second.session == session && *entry->second.node == node;
    return same ? &entry->second : nullptr;
  }

  // Threads are told the time one by one; it never goes back.
  void Advance(Instant now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    now_ = std::max(now_, now);
    for (int i = 0; i < kSweep; ++i) SweepOne();
  }

  // Looks at the record behind the cursor. A record that the claim under way
  // will look up may go: it is over, and so is as good as absent.
  void SweepOne() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    auto space = spaces_.lower_bound(swept_.space);
    if (space == spaces_.end()) {
      swept_ = {};
      return;
    }
    if (space->first != swept_.space) swept_ = {space->first, ""};
    auto entry = space->second.upper_bound(swept_.id);
    if (entry == space->second.end()) {
      swept_ = {swept_.space + '\0', ""};
      return;
    }
    swept_.id = entry->first;
    if (Over(entry->second)) {
      Tell(false, space->first, *entry);
      space->second.erase(entry);
    }
    if (space->second.empty()) spaces_.erase(space);
  }

  const absl::Duration lease_;
  mutable absl::Mutex mutex_;
  Instant now_ ABSL_GUARDED_BY(mutex_) = Instant::Past();
  absl::btree_map<std::string, Space> spaces_ ABSL_GUARDED_BY(mutex_);
  absl::node_hash_set<std::string> nodes_ ABSL_GUARDED_BY(mutex_);
  PresenceKey swept_ ABSL_GUARDED_BY(mutex_);
  // By namespace.
  std::map<std::string, std::map<WatchId, WatchEntry>> watches_ ABSL_GUARDED_BY(mutex_);
  std::map<WatchId, std::string> watched_ ABSL_GUARDED_BY(mutex_);  // the namespace of each
  WatchId next_watch_ ABSL_GUARDED_BY(mutex_) = 1;
};

MemoryPresence::MemoryPresence(const Options& options)
    : table_(std::make_shared<Table>(options.lease)) {}

MemoryPresence::~MemoryPresence() = default;

void MemoryPresence::TryClaim(PresenceRecord record, ClaimPolicy policy, Executor& home,
                              Done<Claim> done) {
  home.Post([table = table_, record = std::move(record), policy, done = std::move(done)](
                Now now) mutable { done(table->TryClaim(std::move(record), policy, now), now); });
}

void MemoryPresence::Update(PresenceRecord record) { table_->Update(std::move(record)); }

void MemoryPresence::Renew(std::vector<PresenceRecord> records, Executor& home,
                           Done<std::vector<PresenceRecord>> done) {
  home.Post([table = table_, records = std::move(records), done = std::move(done)](
                Now now) mutable { done(table->Renew(std::move(records), now), now); });
}

void MemoryPresence::Release(const PresenceKey& key, const std::string& node, uint64_t session) {
  table_->Release(key, node, session);
}

void MemoryPresence::Get(const PresenceKey& key, Executor& home, Done<PresenceRecord> done) {
  home.Post([table = table_, key, done = std::move(done)](Now now) mutable {
    done(table->Get(key, now), now);
  });
}

void MemoryPresence::List(const std::string& space, const std::string& after, size_t limit,
                          Executor& home, Done<std::vector<PresenceRecord>> done) {
  home.Post([table = table_, space, after, limit, &home, done = std::move(done)](Now now) mutable {
    table->ListTo(space, after, limit, now, home, std::move(done));
  });
}

Presence::WatchId MemoryPresence::Watch(const std::string& space, Executor& home, Watcher watcher) {
  return table_->Watch(space, home, std::move(watcher));
}

void MemoryPresence::Unwatch(WatchId watch) { table_->Unwatch(watch); }

void MemoryPresence::Count(const std::string& space, Executor& home, Done<uint64_t> done) {
  home.Post([table = table_, space, done = std::move(done)](Now now) mutable {
    done(table->Count(space, now), now);
  });
}

size_t MemoryPresence::held() const { return table_->held(); }

}  // namespace sluice::storage
