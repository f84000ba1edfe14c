// SPDX-License-Identifier: Apache-2.0
#include "gateway/hub/member_news.h"

#include <memory>

#include "gateway/hub/frame.h"

namespace sluice::hub {

MemberNews::MemberNews(absl::Span<const storage::PresenceChange> changes) : changes_(changes) {
  for (const storage::PresenceChange& change : changes) ids_.insert(change.record.key.id);
}

MemberNews::Frames MemberNews::For(const Dialect& dialect, std::string_view viewer, size_t known) {
  if (known >= changes_.size()) return {};
  const bool among_them = ids_.contains(viewer);
  auto found = joined_.find({dialect.id(), known});
  if (!among_them && found != joined_.end()) return found->second;
  const std::vector<std::string>& encoded = Encoded(dialect);
  std::string bytes;
  size_t count = 0;
  for (size_t i = known; i < encoded.size(); ++i) {
    if (among_them && changes_[i].record.key.id == viewer) continue;
    bytes += encoded[i];
    ++count;
  }
  if (count == 0) return {};
  Frames frames{std::make_shared<const std::string>(std::move(bytes)), count};
  if (!among_them) joined_[{dialect.id(), known}] = frames;
  return frames;
}

const std::vector<std::string>& MemberNews::Encoded(const Dialect& dialect) {
  std::vector<std::string>& encoded = encoded_[dialect.id()];
  if (!encoded.empty()) return encoded;
  for (const storage::PresenceChange& change : changes_) {
    const Member member{change.record.key.id, change.record.detail};
    encoded.push_back(
        MakeFrame(dialect.traits().binary, dialect.EncodeMember(member, change.came)));
  }
  return encoded;
}

}  // namespace sluice::hub
