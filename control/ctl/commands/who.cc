// SPDX-License-Identifier: Apache-2.0
#include <string>

#include "control/ctl/commands.h"
#include "control/ctl/preview.h"
#include "control/ctl/selector_flags.h"
#include "control/ctl/session.h"
#include "storage/time.h"

namespace sluice::ctl {
namespace {

class Who : public Command {
 public:
  Who() : Command("who", "What a selector would hit: how many, and the first of them.") {}

  void Declare(Flags& flags) override { selector_.Declare(flags); }

  Exit Run(Session& session) override {
    auto selector = selector_.Build(session.space(), ReadClocks().date);
    if (!selector.ok()) return session.Usage(std::string(selector.status().message()));
    return Preview(session, *selector);
  }

 private:
  SelectorFlags selector_;
};

}  // namespace

std::unique_ptr<Command> MakeWho() { return std::make_unique<Who>(); }

}  // namespace sluice::ctl
