// SPDX-License-Identifier: Apache-2.0
//
// The list of all commands: a new one is its file in commands/ and its name here.
#pragma once

#include <memory>

#include "control/ctl/command.h"

namespace sluice::ctl {

// In the order in which help shows them.
#define SLUICECTL_COMMANDS(OF) \
  OF(NodesList)                \
  OF(NamespacesList)           \
  OF(ConnectionsList)          \
  OF(ConnectionsGet)           \
  OF(ConnectionsCount)         \
  OF(ChannelsList)             \
  OF(MethodsList)              \
  OF(Who)                      \
  OF(Slow)                     \
  OF(Top)                      \
  OF(Events)                   \
  OF(Send)                     \
  OF(Publish)                  \
  OF(Subscribe)                \
  OF(Call)                     \
  OF(Join)                     \
  OF(Leave)                    \
  OF(Kick)                     \
  OF(Disconnect)               \
  OF(DrainStart)               \
  OF(DrainWatch)               \
  OF(DrainGet)                 \
  OF(DrainList)                \
  OF(DrainPause)               \
  OF(DrainResume)              \
  OF(DrainCancel)              \
  OF(ExplainClose)             \
  OF(ConfigCheck)              \
  OF(ConfigContexts)           \
  OF(ConfigUseContext)         \
  OF(Completion)               \
  OF(ManPage)                  \
  OF(Version)

#define SLUICECTL_MAKE(Name) std::unique_ptr<Command> Make##Name();
SLUICECTL_COMMANDS(SLUICECTL_MAKE)
#undef SLUICECTL_MAKE

Commands AllCommands();

// Words that several commands begin with: what they are about, and a shorter word for it.
struct Group {
  std::string name;
  std::string alias;  // empty: none
  std::string summary;
};
const std::vector<Group>& AllGroups();

}  // namespace sluice::ctl
