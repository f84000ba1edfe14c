// SPDX-License-Identifier: Apache-2.0
//
// The command line: the only part of sluicectl with CLI11.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "control/ctl/command.h"
#include "control/ctl/settings.h"

namespace sluice::ctl {

struct Parsed {
  Command* command = nullptr;  // null: only `text` was asked for
  std::string text;            // help or version
};

// Fills `given` and what the chosen command declared. `words`: without the program's name.
// INVALID_ARGUMENT: a line that names the flag or the word.
absl::StatusOr<Parsed> ParseCommandLine(const std::vector<std::string>& words,
                                        const Commands& commands, Given* given);

}  // namespace sluice::ctl
