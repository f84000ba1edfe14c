// SPDX-License-Identifier: Apache-2.0
//
// Who is where on one shard: namespaces, and in each the connections by id, by user and by channel.
// Holds open sessions only. Single-threaded.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/btree_map.h"
#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "gateway/hub/selector.h"
#include "gateway/hub/session.h"

namespace sluice::hub {

// Sessions under one name: a channel's members, or a user's connections.
struct Group {
  std::string name;
  bool is_channel = false;
  std::vector<Session*> members;
};

// A namespace on this shard; there is one as long as it has connections.
struct Space {
  // Ordered, for paging. Keys view into the group's or session's own name.
  template <typename T>
  using ByName = absl::btree_map<std::string_view, T>;

  std::string name;
  ByName<Session*> by_id;
  ByName<std::unique_ptr<Group>> channels;
  absl::flat_hash_map<std::string_view, std::unique_ptr<Group>> users;
};

class Directory {
 public:
  // Enters a session under its namespace, id and user.
  void Add(Session& session);
  // Takes it out of everything. True if its namespace is now empty here.
  bool Remove(Session& session);

  void SetUser(Session& session, std::string user);

  bool IsMember(const Session& session, std::string_view channel) const;
  // True if it was not a member before.
  bool Join(Session& session, std::string_view channel, Entry entry);
  // True if it was one.
  bool Leave(Session& session, std::string_view channel);

  Session* Find(std::string_view space, std::string_view id) const;
  Space* FindSpace(std::string_view space) const;
  using Spaces = absl::btree_map<std::string, std::unique_ptr<Space>, std::less<>>;
  const Spaces& spaces() const { return spaces_; }

  // Calls `visit(Session&)` on every session that the selector names, in no stated order; `visit`
  // may remove the session that it is shown. Ids of the selector that are not here are appended to
  // `not_found` if that is given.
  template <typename Visit>
  void ForEach(const Selector& selector, std::vector<std::string>* not_found, Visit visit) const {
    for (Session* session : Select(selector, not_found)) visit(*session);
  }
  std::vector<Session*> Select(const Selector& selector, std::vector<std::string>* not_found) const;

 private:
  Space& SpaceFor(const std::string& name);
  void LeaveUser(Session& session);
  void LeaveAt(Session& session, size_t index);  // of its channels

  Spaces spaces_;
};

}  // namespace sluice::hub
