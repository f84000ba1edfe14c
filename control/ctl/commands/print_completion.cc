// SPDX-License-Identifier: Apache-2.0
#include <string>

#include "control/ctl/commands.h"
#include "control/ctl/completion.h"
#include "control/ctl/session.h"

namespace sluice::ctl {
namespace {

class Completion : public Command {
 public:
  Completion() : Command("completion", "A script that completes sluicectl's words in a shell.") {}

  bool online() const override { return false; }

  void Declare(Flags& flags) override {
    flags.Add({"SHELL",
               "",
               "bash, zsh or fish",
               true,
               false,
               {"bash", "zsh", "fish"},
               [this](const std::string& text) {
                 shell_ = text;
                 return text == "bash" || text == "zsh" || text == "fish"
                            ? absl::OkStatus()
                            : absl::InvalidArgumentError("use one of bash, zsh, fish");
               }});
  }

  Exit Run(Session& session) override {
    const Manual manual = ManualOf(session.commands);
    session.out.Write(shell_ == "bash"  ? BashCompletion(manual)
                      : shell_ == "zsh" ? ZshCompletion(manual)
                                        : FishCompletion(manual));
    return Exit::kOk;
  }

 private:
  std::string shell_;
};

}  // namespace

std::unique_ptr<Command> MakeCompletion() { return std::make_unique<Completion>(); }

}  // namespace sluice::ctl
