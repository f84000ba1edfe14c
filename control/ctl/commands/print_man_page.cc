// SPDX-License-Identifier: Apache-2.0
#include <string>

#include "control/ctl/commands.h"
#include "control/ctl/man_page.h"
#include "control/ctl/session.h"

namespace sluice::ctl {
namespace {

class ManPage : public Command {
 public:
  ManPage() : Command("man-page", "The manual page, as docs/man has it.") {}

  bool online() const override { return false; }
  bool hidden() const override { return true; }

  Exit Run(Session& session) override {
    session.out.Write(TroffOf(ManualOf(session.commands)));
    return Exit::kOk;
  }
};

}  // namespace

std::unique_ptr<Command> MakeManPage() { return std::make_unique<ManPage>(); }

}  // namespace sluice::ctl
