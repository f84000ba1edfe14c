// SPDX-License-Identifier: Apache-2.0
#include "gateway/hub/sessions.h"

#include <utility>

#include "gateway/hub/namespace.h"

namespace sluice::hub {

Sessions::Sessions(uint32_t shard, Namespaces& spaces) : spaces_(spaces), slab_(shard) {}

Sessions::~Sessions() = default;

Session& Sessions::Add(Arrival arrival, Socket& socket, Now now) {
  Namespace& space = spaces_.Get(arrival.space);
  ++space.sessions;
  return slab_.Emplace(space, std::move(arrival), socket, now);
}

void Sessions::Erase(Session& session) {
  Namespace& space = *session.space;
  slab_.Erase(session.key);
  --space.sessions;
  spaces_.Forget(space);
}

Session* Sessions::HolderOf(const storage::PresenceRecord& record) const {
  Session* session = Find({record.session});
  bool same =
      session && session->who.id == record.key.id && session->space->name == record.key.space;
  return same ? session : nullptr;
}

}  // namespace sluice::hub
