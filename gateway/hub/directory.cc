// SPDX-License-Identifier: Apache-2.0
#include "gateway/hub/directory.h"

#include <algorithm>
#include <utility>

namespace sluice::hub {
namespace {

void Enter(Group& group, Session& session, Membership& membership, Entry entry = {}) {
  membership = {&group, static_cast<uint32_t>(group.members.size()), entry};
  group.members.push_back(&session);
}

// Where `session` notes its place in `group`.
Membership& PlaceOf(Session& session, const Group& group) {
  if (!group.is_channel) return session.by_user;
  auto place = std::find_if(session.channels.begin(), session.channels.end(),
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
                                             session.user) != selector.users.end();
}

bool HasChannel(const Selector& selector, const Session& session) {
  if (selector.channels.empty()) return true;
  return std::any_of(session.channels.begin(), session.channels.end(), [&](const Membership& m) {
    return std::find(selector.channels.begin(), selector.channels.end(), m.group->name) !=
           selector.channels.end();
  });
}

bool HasLabels(const Selector& selector, const Session& session) {
  return std::all_of(selector.labels.begin(), selector.labels.end(), [&](const auto& label) {
    auto found = session.labels.find(label.first);
    return found != session.labels.end() && found->second == label.second;
  });
}

bool Excepted(const Selector& selector, const Session& session) {
  // An empty set hashes what it is asked for all the same.
  return (!selector.except_connections.empty() &&
          selector.except_connections.contains(session.id)) ||
         (!selector.except_users.empty() && !session.user.empty() &&
          selector.except_users.contains(session.user));
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
bool Matches(const Selector& selector, const Session& session) {
  return HasUser(selector, session) && HasChannel(selector, session) &&
         (selector.dialects == 0 || (selector.dialects >> session.dialect->id() & 1)) &&
         HasLabels(selector, session) && session.connected_at < selector.connected_before &&
         session.connected_at >= selector.connected_after &&
         InSample(session.id, selector.sample_percent) && !Excepted(selector, session);
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
  if (names.size() > 1) {
    std::sort(sessions.begin(), sessions.end());
    sessions.erase(std::unique(sessions.begin(), sessions.end()), sessions.end());
  }
  return sessions;
}

std::vector<Session*> ById(const Space* space, const std::vector<std::string>& ids,
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
std::vector<Session*> Candidates(const Space* space, const Selector& selector,
                                 std::vector<std::string>* not_found) {
  if (!selector.connections.empty()) return ById(space, selector.connections, not_found);
  if (!space) return {};
  if (!selector.users.empty()) return Union(space->users, selector.users);
  if (!selector.channels.empty()) return Union(space->channels, selector.channels);
  std::vector<Session*> all;
  all.reserve(space->by_id.size());
  for (const auto& [id, session] : space->by_id) all.push_back(session);
  return all;
}

}  // namespace

void Directory::Add(Session& session) {
  Space& space = SpaceFor(session.space_name);
  session.space = &space;
  space.by_id.emplace(session.id, &session);
  if (!session.user.empty()) {
    Enter(GroupFor(space.users, session.user, false), session, session.by_user);
  }
}

bool Directory::Remove(Session& session) {
  Space& space = *session.space;
  while (!session.channels.empty()) LeaveAt(session, session.channels.size() - 1);
  LeaveUser(session);
  space.by_id.erase(session.id);
  session.space = nullptr;
  if (!space.by_id.empty()) return false;
  spaces_.erase(std::string(space.name));
  return true;
}

void Directory::LeaveUser(Session& session) {
  Group* group = session.by_user.group;
  if (!group) return;
  Exit(session.by_user);
  session.by_user = {};
  if (group->members.empty()) session.space->users.erase(session.space->users.find(group->name));
}

void Directory::SetUser(Session& session, std::string user) {
  LeaveUser(session);
  session.user = std::move(user);
  if (session.user.empty()) return;
  Enter(GroupFor(session.space->users, session.user, false), session, session.by_user);
}

bool Directory::IsMember(const Session& session, std::string_view channel) const {
  return std::any_of(session.channels.begin(), session.channels.end(),
                     [&](const Membership& m) { return m.group->name == channel; });
}

bool Directory::Join(Session& session, std::string_view channel, Entry entry) {
  if (IsMember(session, channel)) return false;
  Group& group = GroupFor(session.space->channels, channel, true);
  session.channels.emplace_back();
  Enter(group, session, session.channels.back(), entry);
  return true;
}

bool Directory::Leave(Session& session, std::string_view channel) {
  auto place = std::find_if(session.channels.begin(), session.channels.end(),
                            [&](const Membership& m) { return m.group->name == channel; });
  if (place == session.channels.end()) return false;
  LeaveAt(session, static_cast<size_t>(place - session.channels.begin()));
  return true;
}

void Directory::LeaveAt(Session& session, size_t index) {
  Group* group = session.channels[index].group;
  Exit(session.channels[index]);
  session.channels.erase(session.channels.begin() + static_cast<ptrdiff_t>(index));
  if (group->members.empty()) {
    session.space->channels.erase(session.space->channels.find(group->name));
  }
}

Session* Directory::Find(std::string_view space, std::string_view id) const {
  Space* found = FindSpace(space);
  if (!found) return nullptr;
  auto session = found->by_id.find(id);
  return session == found->by_id.end() ? nullptr : session->second;
}

Space* Directory::FindSpace(std::string_view space) const {
  auto found = spaces_.find(space);
  return found == spaces_.end() ? nullptr : found->second.get();
}

Space& Directory::SpaceFor(const std::string& name) {
  std::unique_ptr<Space>& space = spaces_[name];
  if (!space) {
    space = std::make_unique<Space>();
    space->name = name;
  }
  return *space;
}

std::vector<Session*> Directory::Select(const Selector& selector,
                                        std::vector<std::string>* not_found) const {
  std::vector<Session*> selected = Candidates(FindSpace(selector.space), selector, not_found);
  if (selector.elsewhere) return {};
  if (IsOneList(selector)) return selected;
  std::erase_if(selected, [&](Session* session) { return !Matches(selector, *session); });
  return selected;
}

}  // namespace sluice::hub
