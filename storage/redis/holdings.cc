// SPDX-License-Identifier: Apache-2.0
#include "storage/redis/holdings.h"

#include <algorithm>
#include <iterator>

#include "absl/strings/str_cat.h"
#include "storage/redis/presence_scripts.h"

namespace sluice::storage::redis {
namespace {

// What an heir's own word takes to come, before it counts as lost.
constexpr absl::Duration kHeirTime = absl::Seconds(2);

// What Redis refuses like this it has not carried out. (A script that met another error may have
// done some of it.)
bool IsCertain(const absl::Status& status) {
  return absl::IsResourceExhausted(status) || absl::IsPermissionDenied(status);
}

bool Yields(const PresenceRecord& older, const PresenceRecord& newer, ClaimPolicy policy) {
  const bool same_user = !newer.user.empty() && newer.user == older.user;
  return policy == ClaimPolicy::kTakeover || (policy == ClaimPolicy::kSameUser && same_user);
}

}  // namespace

// --- Claiming ------------------------------------------------------------------------------------

void Holdings::TryClaim(PresenceRecord record, ClaimPolicy policy, Claimed done) {
  if (!context_.nodes.registered()) {
    return done(absl::UnavailableError("this node is not known in Redis yet"));
  }
  const std::string space = record.key.space;
  if (const PresenceRecord* holder = FindRecord(record.key);
      holder != nullptr && holder->session != record.session && !Yields(*holder, record, policy)) {
    return done(Claim{Claim::Result::kHeld, *holder});
  }
  ++spaces_[space].under_way;
  spaces_noted_.With(space, [this, record = std::move(record), policy,
                             done = std::move(done)](const absl::Status& status) mutable {
    if (status.ok()) return ClaimNoted(std::move(record), policy, std::move(done));
    Done(record.key.space);
    done(ToPresence(status));
  });
}

void Holdings::ClaimNoted(PresenceRecord record, ClaimPolicy policy, Claimed done) {
  Space& space = spaces_[record.key.space];
  auto doubtful = space.doubtful.lower_bound({record.key.id, 0});
  if (doubtful != space.doubtful.end() && doubtful->first == record.key.id) {
    SendRelease(record.key.space, {space.doubtful.extract(doubtful).value()});
  }
  auto releasing = space.releasing.find(record.key.id);
  if (releasing == space.releasing.end()) {
    return SendClaim(std::move(record), policy, std::move(done));
  }
  releasing->second.then.emplace_back(
      [this, record = std::move(record), policy, done = std::move(done)]() mutable {
        SendClaim(std::move(record), policy, std::move(done));
      });
}

void Holdings::SendClaim(PresenceRecord record, ClaimPolicy policy, Claimed done) {
  const uint32_t generation = context_.generation;
  ++claiming_[generation];
  std::vector<std::string> args = context_.Args();
  args.push_back(PolicyArg(policy));
  args.push_back(MemberOf(record, context_.Mark()));
  const std::string key = SpaceKey(record.key.space);
  context_.client.Run(ClaimScript(), key, std::move(args),
                      [this, record = std::move(record), policy, generation,
                       done = std::move(done)](const absl::StatusOr<Reply>& reply) mutable {
                        NoLongerClaiming(generation);
                        OnClaimed(record, policy, reply, generation != context_.generation,
                                  std::move(done));
                      });
}

void Holdings::NoLongerClaiming(uint32_t generation) {
  auto claiming = claiming_.find(generation);
  if (--claiming->second == 0) claiming_.erase(claiming);
}

void Holdings::OnClaimed(const PresenceRecord& record, ClaimPolicy policy,
                         const absl::StatusOr<Reply>& reply, bool stale, Claimed done) {
  const std::string& space = record.key.space;
  absl::StatusOr<Claim> claim = ReadClaim(record, reply);
  if (claim.ok() && claim->result != Claim::Result::kHeld) {
    const PresenceRecord* older = FindRecord(record.key);
    if (older != nullptr && older->session != record.session) Outlived(*older, *claim);
    Hold(record, policy);
    if (stale) MarkDirty(space, record.key.id);
    if (claim->result == Claim::Result::kTakenOver && claim->holder.node != record.node) {
      ports_.taken(claim->holder, /*settled=*/false);
    }
  } else if (!claim.ok() && !IsCertain(claim.status())) {
    spaces_[space].doubtful.insert({record.key.id, record.session});
    Dispute(space, {record.key.id, record.session}, policy);
    Repair(space);
    Pause();
  }
  Done(space);
  done(claim.ok() ? std::move(claim) : ToPresence(claim.status()));
}

// This node held the id until now, by what it knows. Redis may have forgotten it; or the holder on
// another node has taken it over from here before, and this node will hear of it.
void Holdings::Outlived(const PresenceRecord& older, Claim& claim) {
  if (claim.result == Claim::Result::kNew) {
    claim = {Claim::Result::kTakenOver, older};
  } else if (claim.holder.node != older.node) {
    late_.emplace_back(context_.now + kHeirTime, older);
  }
}

absl::StatusOr<Claim> Holdings::ReadClaim(const PresenceRecord& record,
                                          const absl::StatusOr<Reply>& reply) {
  if (!reply.ok()) return reply.status();
  auto parts = reply->Elements(3);
  if (!parts.ok()) return parts.status();
  auto result = (*parts)[0].Integer();
  if (!result.ok()) return result.status();
  Claim claim;
  if (*result == 1) claim.result = Claim::Result::kTakenOver;
  if (*result == 2) claim.result = Claim::Result::kHeld;
  if (claim.result != Claim::Result::kNew) {
    auto holder = RecordOf(record.key.space, (*parts)[2].text);
    if (!holder.ok()) return holder.status();
    claim.holder = *std::move(holder);
  }
  Changed(record.key.space, (*parts)[1].text);
  return claim;
}

void Holdings::Hold(const PresenceRecord& record, ClaimPolicy policy) {
  Space& space = spaces_[record.key.space];
  Clean(space, record.key.id);
  Holding& holding = space.held[record.key.id];
  const int telling = holding.record.session == record.session ? holding.telling : 0;
  holding = {record, policy, telling, telling > 0};
}

void Holdings::Keep(const PresenceRecord& record, ClaimPolicy policy) {
  const std::string& space = record.key.space;
  const PresenceRecord* holder = FindRecord(record.key);
  if (holder != nullptr && holder->session != record.session) {
    if (!Yields(*holder, record, policy)) return ports_.lost(record);
    ports_.lost(*holder);
  }
  Hold(record, policy);
  spaces_[space].doubtful.erase({record.key.id, record.session});
  MarkDirty(space, record.key.id);
}

void Holdings::Update(const PresenceRecord& record) {
  Holding* holding = Find(record.key.space, record.key.id, record.session);
  if (holding == nullptr) return;
  holding->record = record;
  holding->changed = true;
  if (holding->telling == 0) SendUpdate(*holding);
}

void Holdings::SendUpdate(Holding& holding) {
  const PresenceRecord& record = holding.record;
  holding.changed = false;
  ++holding.telling;
  std::vector<std::string> args = context_.Args();
  args.push_back(MemberOf(record, context_.Mark()));
  context_.client.Run(
      UpdateScript(), SpaceKey(record.key.space), std::move(args),
      [this, key = record.key, session = record.session](const absl::StatusOr<Reply>& reply) {
        auto parts = reply.ok() ? reply->Elements(2) : reply.status();
        if (parts.ok()) Changed(key.space, (*parts)[1].text);
        const bool told = parts.ok() && (*parts)[0].integer == 1;
        if (!told && Find(key.space, key.id, session) != nullptr) MarkDirty(key.space, key.id);
        OnTold(key, session);
      });
}

void Holdings::OnTold(const PresenceKey& key, uint64_t session) {
  Holding* holding = Find(key.space, key.id, session);
  if (holding == nullptr || --holding->telling > 0) return;
  if (holding->changed) SendUpdate(*holding);
}

// --- Giving up -----------------------------------------------------------------------------------

void Holdings::Release(const PresenceKey& key, uint64_t session) {
  if (Find(key.space, key.id, session) != nullptr) {
    Space& space = spaces_[key.space];
    Clean(space, key.id);
    space.held.erase(key.id);
  }
  SendRelease(key.space, {{key.id, session}});
}

void Holdings::SendRelease(const std::string& space, Batch batch) {
  ++spaces_[space].under_way;
  std::vector<std::string> args = context_.Args();
  args.push_back(Escape(context_.nodes.name()));
  Space& own = spaces_[space];
  for (const auto& [id, session] : batch) {
    args.push_back(Escape(id));
    args.push_back(absl::StrCat(session));
    ++own.releasing[id].under_way;
  }
  context_.client.Run(ReleaseScript(), SpaceKey(space), std::move(args),
                      [this, space, batch = std::move(batch)](const absl::StatusOr<Reply>& reply) {
                        OnReleased(space, batch, reply);
                      });
}

void Holdings::OnReleased(const std::string& name, const Batch& batch,
                          const absl::StatusOr<Reply>& reply) {
  Space& space = spaces_[name];
  if (reply.ok()) {
    Changed(name, reply->text);
    EndDisputes(name, batch);
  } else {
    space.doubtful.insert(batch.begin(), batch.end());
    Repair(name);
    Pause();
  }
  std::vector<absl::AnyInvocable<void()>> then;
  for (const auto& [id, session] : batch) {
    auto releasing = space.releasing.find(id);
    if (--releasing->second.under_way > 0) continue;
    std::move(releasing->second.then.begin(), releasing->second.then.end(),
              std::back_inserter(then));
    space.releasing.erase(releasing);
  }
  Done(name);
  for (auto& next : then) next();
}

void Holdings::OnTaken(const PresenceKey& key, uint64_t session, bool settled) {
  Holding* holding = Find(key.space, key.id, session);
  if (holding == nullptr) return;
  PresenceRecord record = std::move(holding->record);
  Space& space = spaces_[key.space];
  Clean(space, key.id);
  space.held.erase(key.id);
  Rest(key.space, space);
  if (settled) return ports_.lost(record);
  late_.emplace_back(context_.now + kHeirTime, std::move(record));
}

// --- The books -----------------------------------------------------------------------------------

Holdings::Holding* Holdings::Find(const std::string& space, const std::string& id,
                                  uint64_t session) {
  auto found = spaces_.find(space);
  if (found == spaces_.end()) return nullptr;
  auto holding = found->second.held.find(id);
  if (holding == found->second.held.end()) return nullptr;
  return holding->second.record.session == session ? &holding->second : nullptr;
}

const PresenceRecord* Holdings::FindRecord(const PresenceKey& key) const {
  auto found = spaces_.find(key.space);
  if (found == spaces_.end()) return nullptr;
  auto holding = found->second.held.find(key.id);
  return holding == found->second.held.end() ? nullptr : &holding->second.record;
}

std::vector<std::string> Holdings::spaces() const {
  std::vector<std::string> names;
  for (const auto& [name, space] : spaces_) names.push_back(name);
  return names;
}

void Holdings::Changed(const std::string& space, std::string_view version) {
  if (auto parsed = ParseVersion(version)) ports_.changed(space, *parsed);
}

void Holdings::Done(const std::string& name) {
  Space& space = spaces_[name];
  --space.under_way;
  Rest(name, space);
}

void Holdings::Rest(const std::string& name, const Space& space) {
  if (space.held.empty() && space.under_way == 0) idle_.push_back(name);
}

// Namespaces come and go; those that are still empty after a while are forgotten.
void Holdings::DropIdle() {
  for (const std::string& name : std::exchange(idle_, {})) {
    auto found = spaces_.find(name);
    if (found == spaces_.end()) continue;
    const Space& space = found->second;
    if (!space.held.empty() || space.under_way > 0 || space.queued) continue;
    spaces_noted_.Drop(name);
    spaces_.erase(found);
  }
}

}  // namespace sluice::storage::redis
