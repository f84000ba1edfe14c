// SPDX-License-Identifier: Apache-2.0
#include <string>

#include "control/ctl/commands.h"
#include "control/ctl/config_file.h"
#include "control/ctl/files.h"
#include "control/ctl/session.h"

namespace sluice::ctl {
namespace {

class ConfigUseContext : public Command {
 public:
  ConfigUseContext()
      : Command("config use-context", "Makes a context of the config file the current one.") {}

  bool online() const override { return false; }

  void Declare(Flags& flags) override { flags.Argument("NAME", "the context's name", &name_); }

  Exit Run(Session& session) override {
    auto text = ReadFile(session.config_path, 1 << 20);
    if (!text.ok()) return session.Usage(std::string(text.status().message()));
    auto file = ParseConfig(*text, session.config_path);
    if (!file.ok()) return session.Usage(std::string(file.status().message()));
    if (file->contexts.count(name_) == 0) {
      return session.Usage(session.config_path + ": no context " + name_);
    }
    absl::Status status = ReplaceFile(session.config_path, WithCurrentContext(*text, name_));
    if (!status.ok()) return session.Fail(status);
    session.Note("the current context is " + name_);
    return Exit::kOk;
  }

 private:
  std::string name_;
};

}  // namespace

std::unique_ptr<Command> MakeConfigUseContext() { return std::make_unique<ConfigUseContext>(); }

}  // namespace sluice::ctl
