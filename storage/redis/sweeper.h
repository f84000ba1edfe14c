// SPDX-License-Identifier: Apache-2.0
//
// Removes this node's records of older generations, once all that it holds is claimed again: what
// is left then has ended, and Redis has forgotten that. What fails is tried again until it is done.
// Loop thread. Internal to the room.
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "storage/redis/presence_context.h"

namespace sluice::storage::redis {

class Sweeper {
 public:
  // `ready`: all is claimed again; `spaces`: where this node holds something. Others are noted in
  // Redis (held_spaces.h).
  Sweeper(PresenceContext& context, std::function<bool()> ready,
          std::function<std::vector<std::string>()> spaces)
      : context_(context), ready_(std::move(ready)), spaces_(std::move(spaces)) {}

  void Tick();

 private:
  void Look();
  void Remove(const std::string& space);
  void Done(bool ok);

  PresenceContext& context_;
  std::function<bool()> ready_;
  std::function<std::vector<std::string>()> spaces_;
  std::vector<std::string> todo_;
  std::string mark_;   // up to which it sweeps
  std::string swept_;  // up to which it has
  size_t under_way_ = 0;
  bool failed_ = false;
  Instant again_ = Instant::Past();
};

}  // namespace sluice::storage::redis
