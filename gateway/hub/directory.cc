// SPDX-License-Identifier: Apache-2.0
#include "gateway/hub/directory.h"

#include <algorithm>
#include <utility>

#include "gateway/hub/namespace.h"
#include "gateway/hub/session.h"

namespace sluice::hub {
namespace {

using Reach = Directory::Reach;

void Enter(Group& group, Session& session, Membership& membership, Entry entry = {}) {
  membership = {&group, static_cast<uint32_t>(group.members.size()), entry};
  group.members.push_back(&session);
}

// Where `session` notes its place in `group`.
Membership& PlaceOf(Session& session, const Group& group) {
  if (!group.is_channel) return session.places.by_user;
  auto place = std::find_if(session.places.channels.begin(), session.places.channels.end(),
                            [&](const Membership& m) { return m.group == &group; });
  return *place;
}

// The last member moves into the gap.
void Exit(const Membership& membership) {
  std::vector<Session*>& members = membership.group->members;
  Session* last = members.back();
  members[membership.index] = last;
  PlaceOf(*last, *membership.group).index = membership.index;
  members.pop_back();
}

template <typename Map>
Group& GroupFor(Map& groups, std::string_view name, bool is_channel) {
  auto found = groups.find(name);
  if (found == groups.end()) {
    auto group = std::make_unique<Group>(Group{std::string(name), is_channel, {}});
    std::string_view key = group->name;
    found = groups.emplace(key, std::move(group)).first;
  }
  return *found->second;
}

bool HasUser(const Selector& selector, const Session& session) {
  return selector.users.empty() || std::find(selector.users.begin(), selector.users.end(),
                                             session.who.user) != selector.users.end();
}

bool HasChannel(const Selector& selector, const Session& session, Reach reach) {
  if (selector.channels.empty()) return true;
  auto named = [&](const std::string& channel) {
    return std::find(selector.channels.begin(), selector.channels.end(), channel) !=
           selector.channels.end();
  };
  bool is_member = std::any_of(session.places.channels.begin(), session.places.channels.end(),
                               [&](const Membership& m) { return named(m.group->name); });
  if (is_member || reach == Reach::kMembers) return is_member;
  return std::any_of(session.places.rechecks.begin(), session.places.rechecks.end(),
                     [&](const Recheck& recheck) { return named(recheck.channel); });
}

bool HasLabels(const Selector& selector, const Session& session) {
  return std::all_of(selector.labels.begin(), selector.labels.end(), [&](const auto& label) {
    auto found = session.who.labels.find(label.first);
    return found != session.who.labels.end() && found->second == label.second;
  });
}

bool Excepted(const Selector& selector, const Session& session) {
  // An empty set hashes what it is asked for all the same.
  return (!selector.except_connections.empty() &&
          selector.except_connections.contains(session.who.id)) ||
         (!selector.except_users.empty() && !session.who.user.empty() &&
          selector.except_users.contains(session.who.user));
}

// Whether whatever Candidates finds matches, because that has looked at all that there is.
bool IsOneList(const Selector& selector) {
  int lists = !selector.connections.empty() + !selector.users.empty() + !selector.channels.empty();
  return lists <= 1 && selector.dialects == 0 && selector.labels.empty() &&
         selector.connected_before == absl::InfiniteFuture() &&
         selector.connected_after == absl::InfinitePast() && selector.sample_percent == 0 &&
         selector.except_connections.empty() && selector.except_users.empty();
}

// Everything but the id list, which the caller has walked.
bool Matches(const Selector& selector, const Session& session, Reach reach) {
  return HasUser(selector, session) && HasChannel(selector, session, reach) &&
         (selector.dialects == 0 || (selector.dialects >> session.dialect->id() & 1)) &&
         HasLabels(selector, session) && session.origin.connected_at < selector.connected_before &&
         session.origin.connected_at >= selector.connected_after &&
         InSample(session.who.id, selector.sample_percent) && !Excepted(selector, session);
}

void Unify(std::vector<Session*>& sessions) {
  std::sort(sessions.begin(), sessions.end());
  sessions.erase(std::unique(sessions.begin(), sessions.end()), sessions.end());
}

// Members of several groups, each once.
template <typename Map>
std::vector<Session*> Union(const Map& groups, const std::vector<std::string>& names) {
  std::vector<Session*> sessions;
  for (const std::string& name : names) {
    auto found = groups.find(name);
    if (found == groups.end()) continue;
    const auto& members = found->second->members;
    sessions.insert(sessions.end(), members.begin(), members.end());
  }
  if (names.size() > 1) Unify(sessions);
  return sessions;
}

std::vector<Session*> InChannels(const Namespace& space, const Selector& selector, Reach reach) {
  std::vector<Session*> sessions = Union(space.channels, selector.channels);
  if (reach == Reach::kMembers || space.rechecked.empty()) return sessions;
  for (Session* session : space.rechecked) {
    if (HasChannel(selector, *session, reach)) sessions.push_back(session);
  }
  Unify(sessions);
  return sessions;
}

std::vector<Session*> ById(const Namespace* space, const std::vector<std::string>& ids,
                           std::vector<std::string>* not_found) {
  std::vector<Session*> sessions;
  for (const std::string& id : ids) {
    auto found = space ? space->by_id.find(id) : decltype(space->by_id.find(id)){};
    if (space && found != space->by_id.end()) {
      sessions.push_back(found->second);
    } else if (not_found) {
      not_found->push_back(id);
    }
  }
  return sessions;
}

// The narrowest list that holds everything which the selector can match.
std::vector<Session*> Candidates(const Namespace* space, const Selector& selector,
                                 std::vector<std::string>* not_found, Reach reach) {
  if (!selector.connections.empty()) return ById(space, selector.connections, not_found);
  if (!space) return {};
  if (!selector.users.empty()) return Union(space->users, selector.users);
  if (!selector.channels.empty()) return InChannels(*space, selector, reach);
  std::vector<Session*> all;
  all.reserve(space->by_id.size());
  for (const auto& [id, session] : space->by_id) all.push_back(session);
  return all;
}

void LeaveUser(Session& session) {
  Group* group = session.places.by_user.group;
  if (!group) return;
  Exit(session.places.by_user);
  session.places.by_user = {};
  if (group->members.empty()) session.space->users.erase(session.space->users.find(group->name));
}

// Of its channels.
void LeaveAt(Session& session, size_t index) {
  Group* group = session.places.channels[index].group;
  Exit(session.places.channels[index]);
  session.places.channels.erase(session.places.channels.begin() + static_cast<ptrdiff_t>(index));
  if (group->members.empty()) {
    session.space->channels.erase(session.space->channels.find(group->name));
  }
}

}  // namespace

// --- Members -------------------------------------------------------------------------------------

bool IsMember(const Session& session, std::string_view channel) {
  return std::any_of(session.places.channels.begin(), session.places.channels.end(),
                     [&](const Membership& m) { return m.group->name == channel; });
}

bool Belongs(const Session& session, std::string_view channel) {
  return IsMember(session, channel) ||
         std::any_of(session.places.rechecks.begin(), session.places.rechecks.end(),
                     [&](const Recheck& recheck) { return recheck.channel == channel; });
}

void Directory::Add(Session& session) {
  Namespace& space = *session.space;
  space.by_id.emplace(session.who.id, &session);
  if (session.who.user.empty()) return;
  Enter(GroupFor(space.users, session.who.user, false), session, session.places.by_user);
}

void Directory::Remove(Session& session) {
  Namespace& space = *session.space;
  while (!session.places.channels.empty()) LeaveAt(session, session.places.channels.size() - 1);
  LeaveUser(session);
  space.by_id.erase(session.who.id);
  space.rechecked.erase(&session);
}

void Directory::NoteRechecks(Session& session) {
  if (session.places.rechecks.empty()) {
    session.space->rechecked.erase(&session);
  } else {
    session.space->rechecked.insert(&session);
  }
}

void Directory::SetUser(Session& session, std::string user) {
  LeaveUser(session);
  session.who.user = std::move(user);
  if (session.who.user.empty()) return;
  Enter(GroupFor(session.space->users, session.who.user, false), session, session.places.by_user);
}

bool Directory::Join(Session& session, std::string_view channel, Entry entry) {
  if (IsMember(session, channel)) return false;
  Group& group = GroupFor(session.space->channels, channel, true);
  session.places.channels.emplace_back();
  Enter(group, session, session.places.channels.back(), entry);
  return true;
}

bool Directory::Leave(Session& session, std::string_view channel) {
  auto place = std::find_if(session.places.channels.begin(), session.places.channels.end(),
                            [&](const Membership& m) { return m.group->name == channel; });
  if (place == session.places.channels.end()) return false;
  LeaveAt(session, static_cast<size_t>(place - session.places.channels.begin()));
  return true;
}

std::vector<Session*> Directory::Select(const Selector& selector,
                                        std::vector<std::string>* not_found, Reach reach) const {
  std::vector<Session*> selected =
      Candidates(spaces_.Find(selector.space), selector, not_found, reach);
  if (selector.elsewhere) return {};
  if (IsOneList(selector)) return selected;
  std::erase_if(selected, [&](Session* session) { return !Matches(selector, *session, reach); });
  return selected;
}

}  // namespace sluice::hub
