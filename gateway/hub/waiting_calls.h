// SPDX-License-Identifier: Apache-2.0
//
// The calls of one method that wait for a worker. Each connection has a line of its own, and the
// lines take turns, so that one connection that calls much does not keep the others waiting; when
// there is no room, the longest line gives way.
// Single-threaded.
#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "gateway/hub/types.h"

namespace sluice::hub {

class WaitingCalls {
 public:
  WaitingCalls();
  ~WaitingCalls();

  // Where a call waits; its owner keeps it, for Remove.
  using Place = std::list<CallKey>::iterator;

  size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }

  // Whose turn it is. There is one.
  CallKey Next() const;

  // At the end of its session's line.
  Place Add(SessionKey session, CallKey call);
  // Before all others: it was here before them.
  Place PutBack(SessionKey session, CallKey call);
  // Takes out the one whose turn it is; its session comes last from now on.
  void TakeNext();
  void Remove(SessionKey session, Place place);

  // Who has to give way if one more of `session` came and there were no room: the youngest of the
  // longest line, if that is longer than the session's own would become. Nothing: the newcomer.
  std::optional<CallKey> WhoYieldsTo(SessionKey session) const;

  // In turn.
  std::vector<CallKey> All() const;

 private:
  struct Line {
    std::list<CallKey> calls;  // never empty
    std::list<SessionKey>::iterator turn;
  };
  using Lines = absl::flat_hash_map<SessionKey, Line>;

  Line& LineOf(SessionKey session);
  void Resize(SessionKey session, size_t before, size_t after);
  void RemoveFrom(Lines::iterator line, Place place);

  Lines lines_;
  std::list<SessionKey> turns_;
  std::set<std::pair<size_t, uint64_t>> by_length_;  // of every line, and its session
  size_t size_ = 0;
};

}  // namespace sluice::hub
