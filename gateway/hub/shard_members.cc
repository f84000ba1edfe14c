// SPDX-License-Identifier: Apache-2.0
//
// Dialects whose connections are shown to one another: the list at the beginning, then who comes
// and goes. It all comes from presence, so that it spans nodes. In a full room each coming costs a
// write for everybody who is there, so what happens in quick succession is told together.
#include <algorithm>
#include <utility>

#include "gateway/hub/member_news.h"
#include "gateway/hub/shard_impl.h"

namespace sluice::hub {
namespace {

// What happened in a namespace within this time is told together, and lists that were wanted within
// it are made together; what comes after a quiet time is told at once.
constexpr Duration kGathering = absl::Milliseconds(50);

// News are encoded and written so many at a time, so that what one append holds stays small.
constexpr size_t kNewsMax = 100;

// Without those that no dialect shows, and without those who would make the list too long.
std::vector<Member> ToMembers(const std::vector<storage::PresenceRecord>& records, size_t bytes_max,
                              bool& cut) {
  std::vector<Member> members;
  size_t bytes = 0;
  for (const storage::PresenceRecord& record : records) {
    if (record.detail.empty()) continue;
    bytes += record.detail.size() + 1;  // and a comma
    if (bytes > bytes_max) {
      cut = true;
      break;
    }
    members.push_back({record.key.id, record.detail});
  }
  return members;
}

}  // namespace

// --- Lists ---------------------------------------------------------------------------------------

// The first of a namespace on this shard makes the shard watch it.
void Shard::Impl::SeeMembers(Session& session, Now now) {
  const std::string& space = session.space_name;
  Viewers& viewers = viewed[space];
  if (viewers.known.empty()) {
    viewers.watch =
        presence.Watch(space, self, [this, space](const storage::PresenceChange& change, Now at) {
          OnMember(space, change, at);
        });
  }
  viewers.known.emplace(session.key, Viewers::kNoList);
  viewers.newcomers.push_back(session.key);
  TellSoon(space, viewers, now);
}

// One list for everybody who has come since the last one: they are in it themselves.
void Shard::Impl::ListMembers(const std::string& space, Viewers& viewers) {
  if (viewers.newcomers.empty()) return;
  presence.List(space, "", options.members_max + 1, self,  // one more: whether there are more
                [this, keys = std::exchange(viewers.newcomers, {})](auto records, Now now) {
                  if (!records.ok()) return probe.presence_failures.Add();
                  bool cut = records->size() > options.members_max;
                  if (cut) records->pop_back();
                  const std::vector<Member> members = ToMembers(*records, options.list_bytes, cut);
                  for (SessionKey key : keys) {
                    if (Session* viewer = OpenSession(key)) TellMembers(*viewer, members, cut, now);
                  }
                });
}

// One is always in one's own list, also in one that is cut.
void Shard::Impl::TellMembers(Session& session, absl::Span<const Member> members, bool cut,
                              Now now) {
  if (auto found = viewed.find(session.space_name); found != viewed.end()) {
    // What is untold so far is in the list.
    found->second.known[session.key] = found->second.untold.size();
  }
  if (cut) probe.member_lists_cut.Add();
  auto is_oneself = [&](const Member& member) { return member.id == session.id; };
  std::vector<Member> with_oneself;
  if (cut && std::none_of(members.begin(), members.end(), is_oneself)) {
    const size_t others = std::min(members.size(), options.members_max - 1);
    with_oneself.assign(members.begin(), members.begin() + static_cast<ptrdiff_t>(others));
    with_oneself.push_back({session.id, session.detail ? *session.detail : ""});
    members = with_oneself;
  }
  Deliver(session, session.dialect->EncodeMembers(session.id, members, cut), now);
}

// --- News ----------------------------------------------------------------------------------------

void Shard::Impl::OnMember(const std::string& space, const storage::PresenceChange& change,
                           Now now) {
  auto found = viewed.find(space);
  if (found == viewed.end() || change.record.detail.empty()) return;
  found->second.untold.push_back(change);
  TellSoon(space, found->second, now);
}

// At the end of the turn, or with what else the gathering brings.
void Shard::Impl::TellSoon(const std::string& space, Viewers& viewers, Now now) {
  if (std::exchange(viewers.telling, true)) return;
  if (now < viewers.told_at + kGathering) return gathering.push_back(space);
  self.Post([this, space](Now at) { TellNews(space, at); });
}

void Shard::Impl::TellGathered(Now now) {
  for (const std::string& space : std::exchange(gathering, {})) {
    auto found = viewed.find(space);
    if (found == viewed.end()) continue;
    if (now < found->second.told_at + kGathering) {
      gathering.push_back(space);
    } else {
      TellNews(space, now);
    }
  }
}

void Shard::Impl::TellNews(const std::string& space, Now now) {
  auto found = viewed.find(space);
  if (found == viewed.end()) return;
  Viewers& viewers = found->second;
  viewers.telling = false;
  viewers.told_at = now;
  ListMembers(space, viewers);
  std::vector<storage::PresenceChange> changes = std::exchange(viewers.untold, {});
  std::vector<std::pair<SessionKey, size_t>> told;
  for (auto& [key, known] : viewers.known) {
    if (known == Viewers::kNoList) continue;  // will find it all in the list
    told.emplace_back(key, std::exchange(known, 0));
  }
  absl::Span<const storage::PresenceChange> left = changes;
  for (size_t done = 0; done < changes.size(); done += kNewsMax) {
    MemberNews news(left.subspan(done, kNewsMax));
    for (const auto& [key, known] : told) {
      Session* viewer = OpenSession(key);
      if (viewer) TellNewsTo(*viewer, news, known - std::min(known, done), now);
    }
  }
}

void Shard::Impl::TellNewsTo(Session& viewer, MemberNews& news, size_t known, Now now) {
  MemberNews::Frames frames = news.For(*viewer.dialect, viewer.id, known);
  if (frames.count == 0 || DeliverFrame(viewer, frames.bytes, now)) return;
  probe.messages_out[viewer.dialect->id()].Add(frames.count - 1);
}

void Shard::Impl::UnseeMembers(const Session& session) {
  auto found = viewed.find(session.space_name);
  if (found == viewed.end() || found->second.known.erase(session.key) == 0) return;
  if (!found->second.known.empty()) return;
  presence.Unwatch(found->second.watch);
  viewed.erase(found);
}

}  // namespace sluice::hub
