// SPDX-License-Identifier: Apache-2.0
//
// What sluicectl can be told, as data: for completions, the man page, and the tests that compare
// them with the help.
#pragma once

#include <string>
#include <vector>

#include "control/ctl/command.h"
#include "control/ctl/flags.h"

namespace sluice::ctl {

struct ManualEntry {
  std::string path;
  std::string summary;
  std::vector<Flag> flags;  // the command's own, then its arguments
};

struct Manual {
  std::vector<ManualEntry> commands;  // without hidden ones
  std::vector<Flag> globals;          // flags of all
};

// The flags of the manual may not be taken: what they fill is gone.
Manual ManualOf(const Commands& commands);

// "sluicectl drain start [flags]", with its arguments.
std::string Synopsis(const ManualEntry& entry);

}  // namespace sluice::ctl
