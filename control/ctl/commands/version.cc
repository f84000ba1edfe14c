// SPDX-License-Identifier: Apache-2.0
#include <string>

#include "control/ctl/commands.h"
#include "control/ctl/session.h"
#include "gateway/version.h"

namespace sluice::ctl {
namespace {

class Version : public Command {
 public:
  Version() : Command("version", "The version of sluicectl; nodes list has the gateways'.") {}

  bool online() const override { return false; }

  Exit Run(Session& session) override {
    if (session.out.is_table()) {
      session.out.Write(std::string("sluicectl ") + kVersion + "\n");
    } else {
      session.out.Show(Json{{"version", kVersion}}, {}, {});
    }
    return Exit::kOk;
  }
};

}  // namespace

std::unique_ptr<Command> MakeVersion() { return std::make_unique<Version>(); }

}  // namespace sluice::ctl
