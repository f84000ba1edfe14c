// SPDX-License-Identifier: Apache-2.0
#include "control/ctl/commands.h"

namespace sluice::ctl {

Commands AllCommands() {
  Commands commands;
#define SLUICECTL_ADD(Name) commands.push_back(Make##Name());
  SLUICECTL_COMMANDS(SLUICECTL_ADD)
#undef SLUICECTL_ADD
  return commands;
}

const std::vector<Group>& AllGroups() {
  static const auto& groups = *new std::vector<Group>{
      {"nodes", "", "The nodes of the cluster."},
      {"namespaces", "ns", "Pools of connections."},
      {"connections", "conn", "Who is connected."},
      {"channels", "", "Who listens to what."},
      {"methods", "", "What workers serve."},
      {"drain", "", "Closing connections at a pace."},
      {"config", "", "The config file of sluicectl."},
  };
  return groups;
}

}  // namespace sluice::ctl
