// SPDX-License-Identifier: Apache-2.0
//
// Who carries a client's command out once its turn has come.
#pragma once

#include "gateway/hub/command.h"
#include "gateway/hub/types.h"

namespace sluice::hub {

struct Session;

class CommandRunner {
 public:
  virtual ~CommandRunner() = default;
  // `batch`: of which it is a part, or none. The session may close meanwhile.
  virtual void Execute(Session& session, Command&& command, Key batch, Now now) = 0;
};

}  // namespace sluice::hub
