// SPDX-License-Identifier: Apache-2.0
#include <string>
#include <utility>
#include <vector>

#include "control/ctl/acting_command.h"
#include "control/ctl/commands.h"

namespace sluice::ctl {
namespace {

class Kick : public ActingCommand {
 public:
  Kick()
      : ActingCommand("kick",
                      "Takes the selected connections out of channels, and tells their clients.") {}

 private:
  void DeclareOwn(Flags& flags) override {
    flags.Arguments("CHANNEL", "the channels' names", &channels_);
    flags.Text("--message", "TEXT", "what the client is told", &message_);
  }

  Exit Act(Session& session, v1::Selector selector) override {
    v1::KickOutRequest request;
    *request.mutable_selector() = std::move(selector);
    for (const std::string& channel : channels_) request.add_channels(channel);
    request.set_message(message_);
    return AskAndShow(session, request);
  }

  std::vector<std::string> channels_;
  std::string message_;
};

}  // namespace

std::unique_ptr<Command> MakeKick() { return std::make_unique<Kick>(); }

}  // namespace sluice::ctl
