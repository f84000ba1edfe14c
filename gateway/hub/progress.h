// SPDX-License-Identifier: Apache-2.0
//
// How a part of the shard lets a session go on.
#pragma once

#include "storage/time.h"

namespace sluice::hub {

struct Session;

class Progress {
 public:
  virtual ~Progress() = default;
  // Something that what the client said was waiting for is there, or has changed. The session may
  // be closing, and may close meanwhile.
  virtual void GoOn(Session& session, Now now) = 0;
};

}  // namespace sluice::hub
