// SPDX-License-Identifier: Apache-2.0
//
// The namespaces of which this node holds records, noted in a set in Redis that outlives the node:
// whoever clears up after it knows where to look (undertaker.h). So a namespace is noted before the
// first record is there. Loop thread. Internal to the room.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "storage/redis/presence_context.h"

namespace sluice::storage::redis {

class HeldSpaces {
 public:
  using Ready = absl::AnyInvocable<void(const absl::Status& status)>;

  explicit HeldSpaces(PresenceContext& context) : context_(context) {}

  // Calls `ready` once the namespace is noted, within the call if it is; or says why it cannot be.
  void With(const std::string& space, Ready ready);
  // This node holds nothing of it any more.
  void Drop(const std::string& space);
  // Nothing is noted: the node has another epoch, or Redis has lost it.
  void Reset();

  static std::string KeyOf(std::string_view node, std::string_view epoch);

 private:
  enum class State { kNoting, kNoted, kDropping };
  struct Space {
    State state = State::kNoting;
    std::vector<Ready> waiting;
  };

  void Note(const std::string& space);
  void OnNoted(const std::string& space, const absl::Status& status);
  void OnDropped(const std::string& space);

  PresenceContext& context_;
  uint64_t resets_ = 0;
  absl::flat_hash_map<std::string, Space> spaces_;
};

}  // namespace sluice::storage::redis
