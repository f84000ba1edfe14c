// SPDX-License-Identifier: Apache-2.0
//
// Clears up after nodes that are dead: in each namespace that one held it removes its records, at
// most some hundred in one step, and those steps tell who has left. Every node does so at once; who
// removes a record tells of it, and to all others it is gone already. What fails is tried again
// until it is done. Loop thread. Internal to the room.
#pragma once

#include <deque>
#include <functional>
#include <list>
#include <string>
#include <utility>
#include <vector>

#include "storage/presence.h"
#include "storage/redis/presence_context.h"

namespace sluice::storage::redis {

class Undertaker {
 public:
  // `told`: what this node has removed, and when nothing is left, once for each life of a node.
  using Told = std::function<void(const Presence::Burial& burial)>;
  Undertaker(PresenceContext& context, Told told) : context_(context), told_(std::move(told)) {}

  // False: this life of the node was told before (nodes.h); it is looked after once more.
  bool Bury(const std::string& node, const std::string& epoch);
  void Tick();

 private:
  struct Grave {
    std::string node;
    std::string epoch;
    size_t under_way = 0;
    bool failed = false;
    Instant again = Instant::Past();
  };
  using GravePtr = std::list<Grave>::iterator;

  void Look(GravePtr grave);
  void Remove(GravePtr grave, const std::string& space);
  void Forget(GravePtr grave, const std::string& space);
  void Done(GravePtr grave);
  void Close(GravePtr grave);
  bool Closed(const std::pair<std::string, std::string>& life) const;

  PresenceContext& context_;
  Told told_;
  std::list<Grave> graves_;
  std::deque<std::pair<std::string, std::string>> closed_;  // nodes and epochs, the latest
};

}  // namespace sluice::storage::redis
