// SPDX-License-Identifier: Apache-2.0
#include <string>
#include <utility>
#include <vector>

#include "control/ctl/acting_command.h"
#include "control/ctl/commands.h"

namespace sluice::ctl {
namespace {

class Join : public ActingCommand {
 public:
  Join() : ActingCommand("join", "Puts the selected connections into channels.") {}

 private:
  void DeclareOwn(Flags& flags) override {
    flags.Arguments("CHANNEL", "the channels' names", &channels_);
  }

  Exit Act(Session& session, v1::Selector selector) override {
    v1::JoinRequest request;
    *request.mutable_selector() = std::move(selector);
    for (const std::string& channel : channels_) request.add_channels(channel);
    return AskAndShow(session, request);
  }

  std::vector<std::string> channels_;
};

}  // namespace

std::unique_ptr<Command> MakeJoin() { return std::make_unique<Join>(); }

}  // namespace sluice::ctl
