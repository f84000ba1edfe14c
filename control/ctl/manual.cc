// SPDX-License-Identifier: Apache-2.0
#include "control/ctl/manual.h"

#include "control/ctl/settings.h"

namespace sluice::ctl {

Manual ManualOf(const Commands& commands) {
  Manual manual;
  for (const auto& command : commands) {
    if (command->hidden()) continue;
    Flags flags;
    command->Declare(flags);
    manual.commands.push_back({command->path(), command->summary(), flags.all()});
  }
  Given given;
  Flags globals;
  DeclareGlobals(globals, &given);
  manual.globals = globals.all();
  return manual;
}

std::string Synopsis(const ManualEntry& entry) {
  std::string text = "sluicectl " + entry.path;
  bool has_flags = false;
  std::string arguments;
  for (const Flag& flag : entry.flags) {
    if (!flag.is_argument()) {
      has_flags = true;
      continue;
    }
    const std::string word = flag.name + (flag.repeated ? "..." : "");
    arguments += flag.required ? " " + word : " [" + word + "]";
  }
  return text + arguments + (has_flags ? " [flags]" : "");
}

}  // namespace sluice::ctl
