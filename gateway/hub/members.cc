// SPDX-License-Identifier: Apache-2.0
#include "gateway/hub/members.h"

#include <algorithm>
#include <utility>

#include "gateway/hub/delivery.h"
#include "gateway/hub/member_news.h"
#include "gateway/hub/namespace.h"
#include "gateway/hub/probe.h"
#include "gateway/hub/sessions.h"
#include "gateway/hub/viewers.h"
#include "storage/executor.h"

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

// --- Who sees ------------------------------------------------------------------------------------

Viewers* Members::ViewersOf(const std::string& space) const {
  Namespace* found = spaces_.Find(space);
  return found ? found->viewers.get() : nullptr;
}

// The first of a namespace on this shard makes the shard watch it.
void Members::See(Session& session, Now now) {
  const std::string& space = session.space->name;
  std::unique_ptr<Viewers>& viewers = session.space->viewers;
  if (!viewers) {
    viewers = std::make_unique<Viewers>();
    viewers->watch =
        presence_.Watch(space, self_, [this, space](const storage::PresenceChange& change, Now at) {
          OnChange(space, change, at);
        });
  }
  viewers->known.emplace(session.key, Viewers::kNoList);
  viewers->newcomers.push_back(session.key);
  TellSoon(space, *viewers, now);
}

void Members::Unsee(const Session& session) {
  std::unique_ptr<Viewers>& viewers = session.space->viewers;
  if (!viewers || viewers->known.erase(session.key) == 0 || !viewers->known.empty()) return;
  presence_.Unwatch(viewers->watch);
  viewers.reset();
}

// --- Lists ---------------------------------------------------------------------------------------

// One list for everybody who has come since the last one: they are in it themselves.
void Members::List(Namespace& space) {
  if (space.viewers->newcomers.empty()) return;
  const NamespacePolicy::Lists bounds = space.policy.lists;
  presence_.List(
      space.name, "", bounds.members_max + 1, self_,  // one more: whether there are more
      [this, bounds, keys = std::exchange(space.viewers->newcomers, {})](auto records, Now now) {
        if (!records.ok()) return probe_.presence_failures.Add();
        bool cut = records->size() > bounds.members_max;
        if (cut) records->pop_back();
        const std::vector<Member> members = ToMembers(*records, bounds.bytes, cut);
        for (SessionKey key : keys) {
          Session* viewer = sessions_.FindOpen(key);
          if (viewer) TellList(*viewer, members, cut, now);
        }
      });
}

// One is always in one's own list, also in one that is cut.
void Members::TellList(Session& viewer, absl::Span<const Member> members, bool cut, Now now) {
  if (Viewers* viewers = viewer.space->viewers.get()) {
    // What is untold so far is in the list.
    viewers->known[viewer.key] = viewers->untold.size();
  }
  if (cut) probe_.member_lists_cut.Add();
  const std::string& self = viewer.who.id;
  auto is_oneself = [&](const Member& member) { return member.id == self; };
  std::vector<Member> with_oneself;
  if (cut && std::none_of(members.begin(), members.end(), is_oneself)) {
    const size_t others = std::min(members.size(), viewer.space->policy.lists.members_max - 1);
    with_oneself.assign(members.begin(), members.begin() + static_cast<ptrdiff_t>(others));
    with_oneself.push_back({self, viewer.origin.detail ? *viewer.origin.detail : ""});
    members = with_oneself;
  }
  delivery_.Say(viewer, viewer.dialect->EncodeMembers(self, members, cut), now);
}

// --- News ----------------------------------------------------------------------------------------

void Members::OnChange(const std::string& space, const storage::PresenceChange& change, Now now) {
  Viewers* viewers = ViewersOf(space);
  if (!viewers || change.record.detail.empty()) return;
  viewers->untold.push_back(change);
  TellSoon(space, *viewers, now);
}

// At the end of the turn, or with what else the gathering brings.
void Members::TellSoon(const std::string& space, Viewers& viewers, Now now) {
  if (std::exchange(viewers.telling, true)) return;
  if (now < viewers.told_at + kGathering) return gathering_.push_back(space);
  self_.Post([this, space](Now at) { TellNews(space, at); });
}

void Members::TellGathered(Now now) {
  for (const std::string& space : std::exchange(gathering_, {})) {
    Viewers* viewers = ViewersOf(space);
    if (!viewers) continue;
    if (now < viewers->told_at + kGathering) {
      gathering_.push_back(space);
    } else {
      TellNews(space, now);
    }
  }
}

void Members::TellNews(const std::string& name, Now now) {
  Namespace* space = spaces_.Find(name);
  if (!space || !space->viewers) return;
  Viewers& viewers = *space->viewers;
  viewers.telling = false;
  viewers.told_at = now;
  List(*space);
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
      Session* viewer = sessions_.FindOpen(key);
      if (viewer) TellNewsTo(*viewer, news, known - std::min(known, done), now);
    }
  }
}

void Members::TellNewsTo(Session& viewer, MemberNews& news, size_t known, Now now) {
  MemberNews::Frames frames = news.For(*viewer.dialect, viewer.who.id, known);
  if (frames.count == 0 || delivery_.SendFrame(viewer, frames.bytes, now)) return;
  probe_.messages_out[viewer.dialect->id()].Add(frames.count - 1);
}

}  // namespace sluice::hub
