// SPDX-License-Identifier: Apache-2.0
#include "tests/fakes/rough_presence.h"

#include <algorithm>

#include "absl/status/status.h"

namespace sluice::fakes {
namespace {

using storage::ClaimPolicy;
using storage::PresenceRecord;

RoughStore::Name NameOf(const storage::PresenceKey& key) { return {key.space, key.id}; }

bool Same(const PresenceRecord& a, const PresenceRecord& b) {
  return a.node == b.node && a.session == b.session;
}

bool Yields(const PresenceRecord& holder, const PresenceRecord& newcomer, ClaimPolicy policy) {
  if (policy == ClaimPolicy::kSameUser) {
    return !holder.user.empty() && holder.user == newcomer.user;
  }
  return policy == ClaimPolicy::kTakeover;
}

}  // namespace

// --- The store -----------------------------------------------------------------------------------

void RoughStore::Forget() {
  records_.clear();
  for (auto& [name, node] : nodes_) {
    if (!node->cut_) node->ClaimAll();
  }
}

void RoughStore::Bury(const std::string& node) {
  std::erase_if(records_, [&](const auto& one) { return one.second.node == node; });
}

void RoughStore::Tick(Now now) {
  now_ = now;
  for (const auto& [due, record] : late_) {
    if (due > now.steady) continue;
    const auto node = nodes_.find(record.node);
    if (node != nodes_.end()) node->second->TellLost(record);
  }
  std::erase_if(late_, [&](const auto& one) { return one.first <= now.steady; });
}

// --- A node's line -------------------------------------------------------------------------------

RoughPresence::RoughPresence(RoughStore& store, std::string node)
    : store_(store), node_(std::move(node)) {
  store_.nodes_[node_] = this;
}

bool RoughPresence::Step() {
  if (line_.empty()) return false;
  auto command = std::move(line_.front());
  line_.pop_front();
  command();
  return true;
}

void RoughPresence::Cut(bool ghosts) {
  cut_ = true;
  ghosts_ = ghosts;
}

void RoughPresence::Mend() {
  cut_ = false;
  ClaimAll();
}

void RoughPresence::Die() {
  store_.nodes_.erase(node_);
  line_.clear();
}

// --- Claims --------------------------------------------------------------------------------------

void RoughPresence::TryClaim(PresenceRecord record, ClaimPolicy policy, storage::Executor& home,
                             Done<storage::Claim> done) {
  auto kept = std::make_shared<Done<storage::Claim>>(std::move(done));
  line_.emplace_back([this, record = std::move(record), policy, &home, kept] {
    home.Post([kept, claim = Claim(record, policy)](Now now) { (*kept)(claim, now); });
  });
}

absl::StatusOr<storage::Claim> RoughPresence::Claim(const PresenceRecord& record,
                                                    ClaimPolicy policy) {
  using Result = storage::Claim::Result;
  const RoughStore::Name name = NameOf(record.key);
  if (cut_) {
    if (ghosts_) store_.records_.try_emplace(name, record);
    return absl::UnavailableError("cut off");
  }
  ClaimAgain(name);  // whom this node let in meanwhile was first
  const auto found = store_.records_.find(name);
  storage::Claim claim;
  if (found != store_.records_.end() && !Same(found->second, record)) {
    claim.holder = found->second;
    if (!Yields(claim.holder, record, policy)) {
      claim.result = Result::kHeld;
      return claim;
    }
    claim.result = Result::kTakenOver;
    const auto other = store_.nodes_.find(claim.holder.node);
    // Whoever cannot hear of it finds it when it is back.
    const bool hears = other != store_.nodes_.end() && !other->second->cut_;
    if (hears && other->second->Drop(name, claim.holder.session) && other->second != this) {
      store_.late_.emplace_back(store_.now_ + RoughStore::kLate, claim.holder);
    }
  }
  store_.records_[name] = record;
  held_[name] = {record, policy};
  return claim;
}

void RoughPresence::Keep(PresenceRecord record, ClaimPolicy policy) {
  const RoughStore::Name name = NameOf(record.key);
  const auto found = held_.find(name);
  if (found != held_.end() && !Same(found->second.record, record)) {
    if (!Yields(found->second.record, record, policy)) return TellLost(record);
    TellLost(found->second.record);
  }
  held_[name] = {std::move(record), policy};
  line_.emplace_back([this, name] {
    if (!cut_) ClaimAgain(name);
  });
}

void RoughPresence::Update(PresenceRecord record) {
  const RoughStore::Name name = NameOf(record.key);
  const auto found = held_.find(name);
  if (found == held_.end() || !Same(found->second.record, record)) return;
  found->second.record = record;
  line_.emplace_back([this, name, record] {
    const auto stored = store_.records_.find(name);
    if (!cut_ && stored != store_.records_.end() && Same(stored->second, record)) {
      stored->second = record;
    }
  });
}

void RoughPresence::Release(const storage::PresenceKey& key, const std::string& node,
                            uint64_t session) {
  const RoughStore::Name name = NameOf(key);
  Drop(name, session);
  line_.emplace_back([this, name, node, session] {
    const auto stored = store_.records_.find(name);
    if (!cut_ && stored != store_.records_.end() && stored->second.node == node &&
        stored->second.session == session) {
      store_.records_.erase(stored);
    }
  });
}

std::optional<RoughPresence::Held> RoughPresence::Drop(const RoughStore::Name& name,
                                                       uint64_t session) {
  const auto found = held_.find(name);
  if (found == held_.end() || found->second.record.session != session) return std::nullopt;
  Held held = std::move(found->second);
  held_.erase(found);
  return held;
}

// --- What the store does not know ----------------------------------------------------------------

void RoughPresence::ClaimAll() {
  line_.emplace_back([this] {
    if (cut_) return;
    std::erase_if(store_.records_, [&](const auto& one) {
      const auto& [name, record] = one;
      const auto mine = held_.find(name);
      return record.node == node_ &&
             (mine == held_.end() || mine->second.record.session != record.session);
    });
    std::vector<RoughStore::Name> names;
    for (const auto& [name, held] : held_) names.push_back(name);
    for (const RoughStore::Name& name : names) ClaimAgain(name);
  });
}

void RoughPresence::ClaimAgain(const RoughStore::Name& name) {
  const auto mine = held_.find(name);
  if (mine == held_.end()) return;
  const Held& held = mine->second;
  const auto found = store_.records_.find(name);
  // Of its own sessions the node itself knows best which one it is.
  if (found != store_.records_.end() && found->second.node != node_) {
    const PresenceRecord theirs = found->second;
    const bool younger = held.record.connected_at > theirs.connected_at;
    if (!younger || !Yields(theirs, held.record, held.policy)) {
      TellLost(held.record);
      held_.erase(mine);
      return;
    }
    const auto other = store_.nodes_.find(theirs.node);
    const bool hears = other != store_.nodes_.end() && !other->second->cut_;
    if (hears && other->second->Drop(name, theirs.session)) other->second->TellLost(theirs);
  }
  store_.records_[name] = held.record;
}

void RoughPresence::OnLost(storage::Executor& home, Lost lost) {
  losers_.push_back({&home, std::make_shared<Lost>(std::move(lost))});
}

void RoughPresence::TellLost(const PresenceRecord& record) {
  for (const Loser& loser : losers_) {
    loser.home->Post([lost = loser.lost, record](Now now) { (*lost)(record, now); });
  }
}

}  // namespace sluice::fakes
