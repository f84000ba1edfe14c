// SPDX-License-Identifier: Apache-2.0
#include <string>
#include <vector>

#include "control/ctl/commands.h"
#include "control/ctl/config_file.h"
#include "control/ctl/session.h"

namespace sluice::ctl {
namespace {

class ConfigContexts : public Command {
 public:
  ConfigContexts() : Command("config contexts", "The contexts of the config file.") {}

  bool online() const override { return false; }

  Exit Run(Session& session) override {
    auto file = ReadConfigFile(session.config_path);
    if (!file.ok()) return session.Usage(std::string(file.status().message()));
    Json contexts = Json::array();
    std::vector<Row> rows;
    for (const auto& [name, context] : file->contexts) {
      auto address = context.find("address");
      auto space = context.find("namespace");
      const bool current = name == file->current;
      Json settings = Json::object();
      for (const auto& [key, value] : context) settings[key] = value;
      contexts.push_back({{"name", name}, {"current", current}, {"settings", settings}});
      rows.push_back({current ? "*" : "", name,
                      address == context.end() ? Settings().address : address->second,
                      space == context.end() ? Settings().space : space->second});
    }
    session.out.Show(Json{{"contexts", std::move(contexts)}},
                     {"CURRENT", "NAME", "ADDRESS", "NAMESPACE"}, rows);
    return Exit::kOk;
  }
};

}  // namespace

std::unique_ptr<Command> MakeConfigContexts() { return std::make_unique<ConfigContexts>(); }

}  // namespace sluice::ctl
