// SPDX-License-Identifier: Apache-2.0
#include "control/ctl/program.h"

#include <unistd.h>

#include <cstdio>
#include <cstdlib>

#include "control/ctl/commands.h"
#include "control/ctl/output.h"
#include "control/ctl/parser.h"
#include "control/ctl/printable.h"
#include "control/ctl/session.h"

namespace sluice::ctl {
namespace {

Exit Refuse(const absl::Status& status) {
  const std::string text(status.message());
  fprintf(stderr, "sluicectl: %s\n", Printable(text).c_str());
  return Exit::kUsage;
}

// Commands that ask no gateway work however the settings are, but for the format.
absl::StatusOr<Settings> SettingsOf(const Command& command, const Given& given,
                                    const std::string& path) {
  if (command.online()) {
    absl::Status status = CheckVariables(environ);
    if (!status.ok()) return status;
    auto file = ReadConfigFile(path);
    if (!file.ok()) return file.status();
    return Resolve(given, getenv, *file);
  }
  Settings settings;
  std::string who = "SLUICECTL_OUTPUT";
  const char* variable = getenv(who.c_str());
  std::string output = variable == nullptr ? "" : variable;
  if (auto flag = given.values.find("output"); flag != given.values.end()) {
    who = "--output";
    output = flag->second;
  }
  if (output.empty()) return settings;
  auto format = ParseFormat(output);
  if (!format.ok()) {
    return absl::InvalidArgumentError(who + ": " + std::string(format.status().message()));
  }
  settings.format = *format;
  return settings;
}

}  // namespace

Exit RunProgram(const std::vector<std::string>& words, Interrupts& interrupts) {
  const Commands commands = AllCommands();
  Given given;
  auto parsed = ParseCommandLine(words, commands, &given);
  if (!parsed.ok()) return Refuse(parsed.status());
  if (parsed->command == nullptr) {
    Output(Format::kTable, 0).Write(parsed->text);
    return Exit::kOk;
  }
  const std::string path = ConfigPath(given, getenv);
  auto settings = SettingsOf(*parsed->command, given, path);
  if (!settings.ok()) return Refuse(settings.status());
  Output out(settings->format, TerminalColumns());
  Session session(*settings, given, path, commands, out, interrupts);
  if (parsed->command->online()) {
    absl::Status status = session.Open();
    if (!status.ok()) return Refuse(status);
  }
  const Exit exit = parsed->command->Run(session);
  // What it would act on goes away with the session.
  interrupts.Expect(nullptr);
  return exit;
}

}  // namespace sluice::ctl
