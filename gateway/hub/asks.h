// SPDX-License-Identifier: Apache-2.0
//
// What clients were asked on a backend's behalf (Control.Call) and have not answered.
// Each of the steps below costs what it touches, however many others there are. Single-threaded.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "gateway/hub/session.h"
#include "gateway/hub/shard_types.h"
#include "gateway/hub/slab.h"
#include "gateway/hub/timer_wheel.h"

namespace sluice::hub {

struct PendingAsk {
  PendingAsk(Key k, SessionKey s) : key(k), session(s) {}
  const Key key;
  const SessionKey session;
  uint64_t ask = 0;     // the Control.Call; 0: none that can be forgotten
  uint64_t number = 0;  // the id that the client knows it by
  TimerWheel::Id timer = 0;
  std::shared_ptr<AnswerSink> sink;
};

class Asks {
 public:
  Asks(uint32_t shard, TimerWheel& timers) : timers_(timers), asks_(shard) {}

  // Notes that the session was asked; `timer` is set by the caller, who knows the token.
  PendingAsk& Add(Session& session, uint64_t ask, uint64_t number,
                  std::shared_ptr<AnswerSink> sink);

  // The session answered `number`. False if nothing of that number is awaited from it.
  bool Answer(Session& session, uint64_t number, std::variant<Payload, CallError> outcome);
  // Whether `number` is awaited from the session.
  bool Awaits(const Session& session, uint64_t number) const;
  // Time ran out. `session` is the asked one, or null. False if it was answered meanwhile.
  bool TimeOut(Key key, Session* session);
  // The session left: everything it owes is answered with Disconnected.
  void Abandon(Session& session);
  // Nobody wants the answers of this Control.Call any more.
  template <typename FindSession>
  void Forget(uint64_t ask, FindSession find) {
    auto found = open_.find(ask);
    if (found == open_.end()) return;
    const std::vector<Key> keys = std::move(found->second.keys);
    for (Key key : keys) {
      if (PendingAsk* pending = asks_.Find(key)) Remove(*pending, find(pending->session));
    }
  }

  PendingAsk* Find(Key key) const { return asks_.Find(key); }
  size_t size() const { return asks_.size(); }

 private:
  // What one Control.Call asked. Keys of what was answered meanwhile are stale.
  struct Open {
    std::vector<Key> keys;
    size_t count = 0;  // without an answer
  };
  void Remove(PendingAsk& pending, Session* session);

  TimerWheel& timers_;
  Slab<PendingAsk> asks_;
  absl::flat_hash_map<uint64_t, Open> open_;  // by Control.Call
};

}  // namespace sluice::hub
