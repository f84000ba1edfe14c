// SPDX-License-Identifier: Apache-2.0
#include "storage/redis/member_set.h"

#include "absl/strings/numbers.h"

namespace sluice::storage::redis {

// --- Reading -------------------------------------------------------------------------------------

absl::Status MemberReading::Take(const std::string& space, const Reply& page, size_t limit) {
  auto parts = page.Elements(3);
  if (!parts.ok()) return parts.status();
  int64_t number = 0;
  if (!absl::SimpleAtoi((*parts)[1].text, &number)) {
    return absl::InternalError("a page in Redis that is none");
  }
  const std::string& life = (*parts)[0].text;
  if (!pages_.empty() && life != life_) return absl::AbortedError("another set");
  life_ = life;
  const std::vector<Reply>& members = (*parts)[2].elements;
  for (const Reply& member : members) {
    auto record = RecordOf(space, member.text);
    if (!record.ok()) return record.status();
    after_ = record->key.id;
    members_.insert_or_assign(after_, *std::move(record));
  }
  pages_.push_back({after_, number});
  done_ = members.size() < limit;
  return absl::OkStatus();
}

// --- Messages ------------------------------------------------------------------------------------

// What was read of an id may be newer than the version as a whole.
bool MemberSet::Known(const std::string& id, int64_t version) const {
  for (size_t i = 0; i < pages_.size(); ++i) {
    if (i + 1 == pages_.size() || id <= pages_[i].upto) return version <= pages_[i].version;
  }
  return false;
}

bool MemberSet::ApplyOne(const SetChange& change, int64_t version,
                         std::vector<PresenceChange>& told) {
  if (change.kind == SetChange::Kind::kLeft) {
    const std::string id = Unescape(change.text);
    auto member = members_.find(id);
    if (member == members_.end() || Known(id, version)) return true;
    told.push_back({false, std::move(member->second)});
    members_.erase(member);
    doubtful_.erase(id);
    return true;
  }
  auto record = RecordOf(space_, change.text);
  if (!record.ok()) return false;
  if (Known(record->key.id, version)) return true;
  doubtful_.erase(record->key.id);
  auto [member, is_new] = members_.insert_or_assign(record->key.id, *record);
  if (is_new) told.push_back({true, *std::move(record)});
  return true;
}

MemberSet::Fit MemberSet::Apply(const SetChanges& changes, std::vector<PresenceChange>& told) {
  const Version& version = changes.version;
  if (version.life != version_.life) {
    // A set that was empty is made anew.
    if (!members_.empty()) return Fit::kLost;
    if (version.number != 1) return Fit::kMissed;
    version_ = {version.life, 0};
    pages_.clear();
  }
  if (version.number <= version_.number) return Fit::kFits;
  if (version.number != version_.number + 1) return Fit::kMissed;
  for (const SetChange& change : changes.changes) {
    if (!ApplyOne(change, version.number, told)) return Fit::kMissed;
  }
  version_.number = version.number;
  return Fit::kFits;
}

// --- What was read -------------------------------------------------------------------------------

MemberSet::Fit MemberSet::Replace(MemberReading reading, bool keep_missing,
                                  std::vector<PresenceChange>& told) {
  Members before = std::exchange(members_, std::move(reading.members_));
  doubtful_.clear();
  for (auto& [id, record] : before) {
    if (members_.contains(id)) continue;
    if (keep_missing) {
      doubtful_.insert(id);
      members_.emplace(id, std::move(record));
    } else {
      told.push_back({false, std::move(record)});
    }
  }
  for (const auto& [id, record] : members_) {
    if (!before.contains(id)) told.push_back({true, record});
  }
  version_ = {reading.life_, reading.pages_.front().version};
  pages_ = std::move(reading.pages_);
  for (const SetChanges& changes : reading.heard_) {
    if (Apply(changes, told) != Fit::kFits) return Fit::kMissed;
  }
  return Fit::kFits;
}

std::vector<PresenceRecord> MemberSet::Page(const std::string& after, size_t limit) const {
  std::vector<PresenceRecord> page;
  for (auto it = members_.upper_bound(after); it != members_.end() && page.size() < limit; ++it) {
    page.push_back(it->second);
  }
  return page;
}

}  // namespace sluice::storage::redis
