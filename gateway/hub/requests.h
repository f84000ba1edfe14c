// SPDX-License-Identifier: Apache-2.0
//
// What clients were asked on a backend's behalf (Control.Call) and have not answered. Each of the
// steps below costs what it touches, however many others there are. Single-threaded.
#pragma once

#include <cstdint>
#include <memory>
#include <variant>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/functional/function_ref.h"
#include "gateway/hub/shard_types.h"
#include "gateway/hub/slab.h"
#include "gateway/hub/timer_wheel.h"
#include "gateway/hub/types.h"

namespace sluice::hub {

class Deadlines;
class Sessions;
struct Session;
struct ShardProbe;

class Requests {
 public:
  // `max`: answers that are awaited on this shard (--client-calls-max).
  Requests(uint32_t shard, size_t max, Deadlines& deadlines, ShardProbe& probe);
  ~Requests();

  // Whether one more answer may be awaited from the session; counted if not.
  bool MayAsk(const Session& session);
  // Notes that the session was asked, under a number that its answer names.
  void Add(Session& session, uint64_t number, const ClientCall& call, Now now);

  // The session answered `number`. False if nothing of that number is awaited from it.
  bool Answer(Session& session, uint64_t number, std::variant<Payload, CallError> outcome);
  // Whether `number` is awaited from the session.
  static bool Awaits(const Session& session, uint64_t number);
  // Time ran out. Who was asked, or null if it was answered meanwhile.
  Session* OnDeadline(Key key, const Sessions& sessions);
  // The session left: everything it owes is answered with Disconnected.
  void Abandon(Session& session);
  // Nobody wants the answers of this Control.Call any more. Calls `freed(SessionKey)` for each that
  // owes one answer less.
  void Forget(uint64_t call, const Sessions& sessions, absl::FunctionRef<void(SessionKey)> freed);

  size_t size() const { return requests_.size(); }

 private:
  struct Request;
  // What one Control.Call asked. Keys of what was answered meanwhile are stale.
  struct Open {
    std::vector<Key> keys;
    size_t count = 0;  // without an answer
  };
  void Remove(Request& request, Session* session);

  const size_t max_;
  Deadlines& deadlines_;
  ShardProbe& probe_;
  Slab<Request> requests_;
  absl::flat_hash_map<uint64_t, Open> open_;  // by Control.Call
};

}  // namespace sluice::hub
