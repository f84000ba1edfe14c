// SPDX-License-Identifier: Apache-2.0
#include <cstdlib>
#include <string>

#include "absl/strings/str_cat.h"
#include "control/ctl/commands.h"
#include "control/ctl/config_file.h"
#include "control/ctl/session.h"

namespace sluice::ctl {
namespace {

class ConfigCheck : public Command {
 public:
  ConfigCheck()
      : Command("config check", "Checks the config file, and the files that its contexts name.") {}

  bool online() const override { return false; }

  Exit Run(Session& session) override {
    auto file = ReadConfigFile(session.config_path);
    if (!file.ok()) return session.Usage(std::string(file.status().message()));
    Exit exit = Exit::kOk;
    auto wrong = [&](const std::string& why) {
      session.Note(session.config_path + ": " + why);
      exit = Exit::kUsage;
    };
    for (const auto& [name, context] : file->contexts) {
      absl::Status status = CheckContext(name, context);
      if (!status.ok()) wrong(std::string(status.message()));
    }
    if (!file->current.empty() && file->contexts.count(file->current) == 0) {
      wrong("current-context: no context " + file->current);
    }
    absl::Status status = Resolve(session.given, getenv, *file).status();
    if (exit == Exit::kOk && !status.ok()) wrong(std::string(status.message()));
    if (exit == Exit::kOk) {
      session.out.Write(
          absl::StrCat(session.config_path, ": ", file->contexts.size(), " contexts, good\n"));
    }
    return exit;
  }
};

}  // namespace

std::unique_ptr<Command> MakeConfigCheck() { return std::make_unique<ConfigCheck>(); }

}  // namespace sluice::ctl
