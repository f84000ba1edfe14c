// SPDX-License-Identifier: Apache-2.0
//
// Who is where on one shard: in each namespace the open sessions by id, by user and by channel.
// Single-threaded.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/hub/selector.h"
#include "gateway/hub/shard_types.h"

namespace sluice::hub {

class Namespaces;
struct Session;

// Whether a session is a member of a channel.
bool IsMember(const Session& session, std::string_view channel);
// As well if it is out of it only while a guard is asked.
bool Belongs(const Session& session, std::string_view channel);

class Directory {
 public:
  // `spaces` outlives this.
  explicit Directory(const Namespaces& spaces) : spaces_(spaces) {}

  // Enters a session under its namespace, id and user.
  static void Add(Session& session);
  // Takes it out of everything.
  static void Remove(Session& session);

  static void SetUser(Session& session, std::string user);

  // True if it was not a member before.
  static bool Join(Session& session, std::string_view channel, Entry entry);
  // True if it was one.
  static bool Leave(Session& session, std::string_view channel);
  // Notes whether guards are asked again about the session (Places::rechecks).
  static void NoteRechecks(Session& session);

  // The selector's channels are those of members, or as well of those who are out only while a
  // guard is asked again: for whoever takes them out they have never left.
  enum class Reach : uint8_t { kMembers, kRechecked };

  // Calls `visit(Session&)` on every session that the selector names, in no stated order; `visit`
  // may remove the session that it is shown. Ids of the selector that are not here are appended to
  // `not_found` if that is given.
  template <typename Visit>
  void ForEach(const Selector& selector, std::vector<std::string>* not_found, Visit visit,
               Reach reach = Reach::kMembers) const {
    for (Session* session : Select(selector, not_found, reach)) visit(*session);
  }
  std::vector<Session*> Select(const Selector& selector, std::vector<std::string>* not_found,
                               Reach reach = Reach::kMembers) const;

 private:
  const Namespaces& spaces_;
};

}  // namespace sluice::hub
