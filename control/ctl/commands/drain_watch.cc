// SPDX-License-Identifier: Apache-2.0
#include <string>

#include "control/ctl/commands.h"
#include "control/ctl/drain_view.h"

namespace sluice::ctl {
namespace {

class DrainWatch : public Command {
 public:
  DrainWatch() : Command("drain watch", "Watches a drain until it ends.") {}

  void Declare(Flags& flags) override { flags.Argument("ID", "the drain's id", &id_); }
  Exit Run(Session& session) override { return WatchDrain(session, id_); }

 private:
  std::string id_;
};

}  // namespace

std::unique_ptr<Command> MakeDrainWatch() { return std::make_unique<DrainWatch>(); }

}  // namespace sluice::ctl
