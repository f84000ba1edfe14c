// SPDX-License-Identifier: Apache-2.0
//
// A shard's sessions, by key. Single-threaded.
#pragma once

#include <cstddef>
#include <utility>

#include "gateway/hub/session.h"
#include "gateway/hub/slab.h"
#include "storage/presence.h"

namespace sluice::hub {

class Namespaces;

class Sessions {
 public:
  // `spaces` outlives this.
  Sessions(uint32_t shard, Namespaces& spaces);
  ~Sessions();

  Session& Add(Arrival arrival, Socket& socket, Now now);
  void Erase(Session& session);

  Session* Find(SessionKey key) const { return slab_.Find(key); }
  Session* FindOpen(SessionKey key) const { return FindIn(Session::State::kOpen, key); }
  Session* FindArriving(SessionKey key) const { return FindIn(Session::State::kArriving, key); }

  // Who left the record in presence, unless that was another life of the node.
  Session* HolderOf(const storage::PresenceRecord& record) const;

  // `visit(Session&)` may erase the session that it is shown, and no other.
  template <typename Visit>
  void ForEach(Visit visit) const {
    slab_.ForEach(visit);
  }
  size_t size() const { return slab_.size(); }

 private:
  Session* FindIn(Session::State state, SessionKey key) const {
    Session* session = Find(key);
    return session && session->state == state ? session : nullptr;
  }

  Namespaces& spaces_;
  Slab<Session> slab_;
};

}  // namespace sluice::hub
