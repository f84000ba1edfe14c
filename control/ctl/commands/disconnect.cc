// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include <iostream>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "control/ctl/acting_command.h"
#include "control/ctl/commands.h"

namespace sluice::ctl {
namespace {

class Disconnect : public ActingCommand {
 public:
  Disconnect()
      : ActingCommand("disconnect",
                      "Closes the selected connections at once; for many consider drain start.") {}

 private:
  void DeclareOwn(Flags& flags) override {
    flags.Whole("--code", "CODE", "the close code (the dialect's own: stay away)", 1000, 4999,
                &code_);
    flags.Text("--reason", "TEXT", "the reason in the close", &reason_);
    flags.Switch("-y,--yes", "do not ask", &yes_);
  }

  Exit Act(Session& session, v1::Selector selector) override {
    v1::DisconnectRequest request;
    *request.mutable_selector() = std::move(selector);
    request.set_code(static_cast<uint32_t>(code_));
    request.set_reason(reason_);
    if (!yes_) {
      const Exit exit = Confirm(session, request);
      if (exit != Exit::kOk) return exit;
    }
    return AskAndShow(session, request);
  }

  // How many it would be, and whether that is meant.
  static Exit Confirm(Session& session, v1::DisconnectRequest request) {
    if (isatty(STDIN_FILENO) == 0) {
      return session.Usage("--yes: needed where nobody can be asked; nothing was closed");
    }
    request.set_validate_only(true);
    request.set_scope(session.scope());
    auto counted = session.client().Ask(request);
    if (!counted.ok()) return session.Fail(counted.status());
    const v1::Outcome& outcome = counted->outcome();
    for (const std::string& node : outcome.unreachable()) {
      session.Note(node + " does not answer: its connections are not counted");
    }
    std::cerr << "Close " << outcome.matched() << " connections? [y/N] " << std::flush;
    std::string answer;
    std::getline(std::cin, answer);
    if (answer == "y" || answer == "Y" || answer == "yes") return Exit::kOk;
    session.Note("nothing was closed");
    return Exit::kFailed;
  }

  uint64_t code_ = 0;
  std::string reason_;
  bool yes_ = false;
};

}  // namespace

std::unique_ptr<Command> MakeDisconnect() { return std::make_unique<Disconnect>(); }

}  // namespace sluice::ctl
