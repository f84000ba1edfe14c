// SPDX-License-Identifier: Apache-2.0
//
// Dialects whose connections are shown to one another: the list at the beginning, then who comes
// and goes. It all comes from presence, so that it spans nodes.
#include <utility>

#include "gateway/hub/shard_impl.h"

namespace sluice::hub {

// The first of a namespace on this shard makes the shard watch it.
void Shard::Impl::SeeMembers(Session& session) {
  const std::string& space = session.space_name;
  Viewers& viewers = viewed[space];
  if (viewers.sessions.empty()) {
    viewers.watch =
        presence.Watch(space, self, [this, space](const storage::PresenceChange& change, Now now) {
          OnMember(space, change, now);
        });
  }
  viewers.sessions.push_back(session.key);
  presence.List(space, "", options.members_max + 1, self,  // one more: whether there are more
                [this, key = session.key](auto records, Now now) {
                  Session* viewer = OpenSession(key);
                  if (!records.ok()) return probe.presence_failures.Add();
                  if (viewer) TellMembers(*viewer, *std::move(records), now);
                });
}

// One is always in one's own list, also in one that is cut.
void Shard::Impl::TellMembers(Session& session, std::vector<storage::PresenceRecord> records,
                              Now now) {
  const bool cut = records.size() > options.members_max;
  if (cut) {
    probe.member_lists_cut.Add();
    records.resize(options.members_max);
  }
  std::vector<Member> members;
  bool listed = false;
  for (const storage::PresenceRecord& record : records) {
    if (record.detail.empty()) continue;
    members.push_back({record.key.id, record.detail});
    listed |= record.key.id == session.id;
  }
  if (cut && !listed) {
    if (members.size() == options.members_max) members.pop_back();
    members.push_back({session.id, session.detail});
  }
  session.sees_members = true;
  Deliver(session, session.dialect->EncodeMembers(session.id, members), now);
}

// Whoever has not got the list yet will find the change in it.
void Shard::Impl::OnMember(const std::string& space, const storage::PresenceChange& change,
                           Now now) {
  auto found = viewed.find(space);
  if (found == viewed.end() || change.record.detail.empty()) return;
  Member member{change.record.key.id, change.record.detail};
  std::vector<SessionKey> sessions_now = found->second.sessions;
  for (SessionKey key : sessions_now) {
    Session* viewer = OpenSession(key);
    if (!viewer || !viewer->sees_members || viewer->id == member.id) continue;
    Deliver(*viewer, viewer->dialect->EncodeMember(member, change.came), now);
  }
}

void Shard::Impl::UnseeMembers(const Session& session) {
  auto found = viewed.find(session.space_name);
  if (found == viewed.end()) return;
  std::erase(found->second.sessions, session.key);
  if (!found->second.sessions.empty()) return;
  presence.Unwatch(found->second.watch);
  viewed.erase(found);
}

}  // namespace sluice::hub
