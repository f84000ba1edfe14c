// SPDX-License-Identifier: Apache-2.0
//
// Dialects whose connections are shown to one another: the list at the beginning, then who comes
// and goes. It all comes from presence, so that it spans nodes. In a full room each coming costs a
// write for everybody who is there, so what happens in quick succession is told together.
// Single-threaded.
#pragma once

#include <string>
#include <vector>

#include "absl/types/span.h"
#include "gateway/hub/dialect.h"
#include "storage/presence.h"

namespace sluice::storage {
class Executor;
}

namespace sluice::hub {

class Delivery;
class MemberNews;
class Namespaces;
class Sessions;
struct Namespace;
struct Session;
struct ShardProbe;
struct Viewers;

class Members {
 public:
  // What is given outlives this.
  Members(Sessions& sessions, Namespaces& spaces, Delivery& delivery, storage::Presence& presence,
          storage::Executor& self, ShardProbe& probe)
      : sessions_(sessions),
        spaces_(spaces),
        delivery_(delivery),
        presence_(presence),
        self_(self),
        probe_(probe) {}

  // The session has opened, and sees the members of its namespace from here on; until it leaves.
  void See(Session& session, Now now);
  void Unsee(const Session& session);
  // Tells what was gathered long enough; call it now and then.
  void TellGathered(Now now);

 private:
  Viewers* ViewersOf(const std::string& space) const;
  void OnChange(const std::string& space, const storage::PresenceChange& change, Now now);
  void List(Namespace& space);
  void TellList(Session& viewer, absl::Span<const Member> members, bool cut, Now now);
  void TellSoon(const std::string& space, Viewers& viewers, Now now);
  void TellNews(const std::string& space, Now now);
  void TellNewsTo(Session& viewer, MemberNews& news, size_t known, Now now);

  Sessions& sessions_;
  Namespaces& spaces_;
  Delivery& delivery_;
  storage::Presence& presence_;
  storage::Executor& self_;
  ShardProbe& probe_;
  std::vector<std::string> gathering_;  // namespaces whose news wait for TellGathered
};

}  // namespace sluice::hub
