// SPDX-License-Identifier: Apache-2.0
//
// How sluicectl ends: the same for all commands (docs/sluicectl.md). What is worse comes first when
// two are true.
#pragma once

namespace sluice::ctl {

enum class Exit : int {
  kOk = 0,
  kFailed = 1,         // the gateway refused it, or something here failed
  kUsage = 2,          // the command line, the environment or the config file is wrong
  kUnreachable = 3,    // no gateway answers, or it cannot serve now
  kPartial = 4,        // done, but nodes did not answer
  kNothing = 5,        // nothing matched
  kSome = 6,           // not for all that matched: some were dropped, or gave no good answer
  kInterrupted = 130,  // by Ctrl-C, before it was done
};

}  // namespace sluice::ctl
