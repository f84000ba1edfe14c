// SPDX-License-Identifier: Apache-2.0
//
// How a part of the shard ends a session.
#pragma once

#include <cstdint>
#include <utility>

#include "gateway/hub/close.h"
#include "storage/time.h"

namespace sluice::hub {

struct Session;

// How a session goes.
enum class Going : uint8_t {
  kLeaves,
  kLosesId,    // somebody else has its id by now
  kDisplaced,  // as well, and is told of instead: its events go on with the other's
};

class Closer {
 public:
  virtual ~Closer() = default;
  // Begins to close, unless that has begun; the dialect's frame for the cause, where `frame` has no
  // code or reason of its own. The session stays valid until its socket is gone.
  void Close(Session& session, CloseCause cause, CloseFrame frame, Now now) {
    CloseAs(session, cause, std::move(frame), Going::kLeaves, now);
  }
  virtual void CloseAs(Session& session, CloseCause cause, CloseFrame frame, Going going,
                       Now now) = 0;
};

}  // namespace sluice::hub
