// SPDX-License-Identifier: Apache-2.0
#include "storage/presence_memory.h"

#include <algorithm>
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

  Claim TryClaim(PresenceRecord record, ClaimPolicy policy, absl::Time now) {
    absl::MutexLock lock(&mutex_);
    Advance(now);
    Space& space = spaces_[record.key.space];
    auto [it, inserted] = space.try_emplace(record.key.id);
    Claim claim;
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
    return claim;
  }

  void Update(PresenceRecord record) {
    absl::MutexLock lock(&mutex_);
    Entry* entry = FindHeld(record.key, record.node, record.session);
    if (entry != nullptr) Fill(*entry, std::move(record));
  }

  std::vector<PresenceKey> Renew(std::vector<PresenceRecord> records, absl::Time now) {
    absl::MutexLock lock(&mutex_);
    Advance(now);
    std::vector<PresenceKey> lost;
    for (PresenceRecord& record : records) {
      Entry* entry = FindHeld(record.key, record.node, record.session);
      if (entry == nullptr) {
        lost.push_back(std::move(record.key));
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
    space->second.erase(key.id);
    if (space->second.empty()) spaces_.erase(space);
  }

  absl::StatusOr<PresenceRecord> Get(const PresenceKey& key, absl::Time now) {
    absl::MutexLock lock(&mutex_);
    Advance(now);
    if (auto space = spaces_.find(key.space); space != spaces_.end()) {
      auto entry = space->second.find(key.id);
      if (entry != space->second.end() && !Over(entry->second)) return Copy(key.space, *entry);
    }
    return absl::NotFoundError(absl::StrCat("nobody is ", key.id, " in ", key.space));
  }

  std::vector<PresenceRecord> List(const std::string& name, const std::string& after, size_t limit,
                                   absl::Time now) {
    absl::MutexLock lock(&mutex_);
    Advance(now);
    std::vector<PresenceRecord> page;
    auto space = spaces_.find(name);
    if (space == spaces_.end()) return page;
    for (auto it = space->second.upper_bound(after);
         it != space->second.end() && page.size() < limit; ++it) {
      if (!Over(it->second)) page.push_back(Copy(name, *it));
    }
    return page;
  }

  uint64_t Count(const std::string& name, absl::Time now) {
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
    absl::Time expires_at;
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
  void Advance(absl::Time now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
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
    if (Over(entry->second)) space->second.erase(entry);
    if (space->second.empty()) spaces_.erase(space);
  }

  const absl::Duration lease_;
  mutable absl::Mutex mutex_;
  absl::Time now_ ABSL_GUARDED_BY(mutex_) = absl::InfinitePast();
  absl::btree_map<std::string, Space> spaces_ ABSL_GUARDED_BY(mutex_);
  absl::node_hash_set<std::string> nodes_ ABSL_GUARDED_BY(mutex_);
  PresenceKey swept_ ABSL_GUARDED_BY(mutex_);
};

MemoryPresence::MemoryPresence(const Options& options)
    : table_(std::make_shared<Table>(options.lease)) {}

MemoryPresence::~MemoryPresence() = default;

void MemoryPresence::TryClaim(PresenceRecord record, ClaimPolicy policy, Executor& home,
                              Done<Claim> done) {
  home.Post([table = table_, record = std::move(record), policy,
             done = std::move(done)](absl::Time now) mutable {
    done(table->TryClaim(std::move(record), policy, now), now);
  });
}

void MemoryPresence::Update(PresenceRecord record) { table_->Update(std::move(record)); }

void MemoryPresence::Renew(std::vector<PresenceRecord> records, Executor& home,
                           Done<std::vector<PresenceKey>> done) {
  home.Post([table = table_, records = std::move(records), done = std::move(done)](
                absl::Time now) mutable { done(table->Renew(std::move(records), now), now); });
}

void MemoryPresence::Release(const PresenceKey& key, const std::string& node, uint64_t session) {
  table_->Release(key, node, session);
}

void MemoryPresence::Get(const PresenceKey& key, Executor& home, Done<PresenceRecord> done) {
  home.Post([table = table_, key, done = std::move(done)](absl::Time now) mutable {
    done(table->Get(key, now), now);
  });
}

void MemoryPresence::List(const std::string& space, const std::string& after, size_t limit,
                          Executor& home, Done<std::vector<PresenceRecord>> done) {
  home.Post([table = table_, space, after, limit, done = std::move(done)](absl::Time now) mutable {
    done(table->List(space, after, limit, now), now);
  });
}

void MemoryPresence::Count(const std::string& space, Executor& home, Done<uint64_t> done) {
  home.Post([table = table_, space, done = std::move(done)](absl::Time now) mutable {
    done(table->Count(space, now), now);
  });
}

size_t MemoryPresence::held() const { return table_->held(); }

}  // namespace sluice::storage
