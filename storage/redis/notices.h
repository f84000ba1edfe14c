// SPDX-License-Identifier: Apache-2.0
//
// What one node tells another of a record that is not the other's any more, or all of ids whose
// records may be nobody's. A notice may be lost: then the node hears that it was deaf, and claims
// again what it holds. Loop thread. Internal to the room.
#pragma once

#include <functional>
#include <list>
#include <string>
#include <utility>
#include <vector>

#include "storage/presence.h"
#include "storage/redis/presence_context.h"

namespace sluice::storage::redis {

class Notices {
 public:
  struct Ports {
    std::function<void(const PresenceKey& key, uint64_t session, bool settled)> on_taken;
    // Of this node's as well.
    std::function<void(const std::string& space, const std::string& id)> on_disputed;
    std::function<void()> on_deaf;  // was so until now
  };

  Notices(PresenceContext& context, Ports ports) : context_(context), ports_(std::move(ports)) {}

  void Start();
  // To the node of the record. `settled`: see Holdings::OnTaken.
  void TellTaken(const PresenceRecord& record, bool settled);
  // To all, as often as it takes: whoever holds one of these ids claims it again.
  void TellDisputed(const std::string& space, const std::vector<std::string>& ids);
  void Tick();

 private:
  void Listen(const std::string& channel, void (Notices::*hear)(const std::string& payload));
  void HearTaken(const std::string& payload);
  void HearDisputed(const std::string& payload);

  PresenceContext& context_;
  Ports ports_;
  std::list<std::string> untold_;  // of ids that are disputed
  Instant again_ = Instant::Past();
};

}  // namespace sluice::storage::redis
