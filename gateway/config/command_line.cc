// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>
#include <algorithm>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "gateway/config/sources.h"

namespace sluice::config {
namespace {

constexpr int kPidMax = 1 << 22;  // the kernel's own bound

std::string Describe(const Option& option) {
  std::string value = option.text();
  return absl::StrCat(option.help, " [", value.empty() ? "none" : value, "]");
}

// The option as CLI11 knows it; its results stay raw texts.
CLI::Option* Declare(CLI::App& app, const Option& option) {
  const std::string flag = FlagName(option.name);
  CLI::Option* declared;
  if (option.is_switch) {
    declared = app.add_flag(flag)->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
  } else {
    declared = app.add_option(flag, CLI::callback_t([](const CLI::results_t&) { return true; }));
    declared->type_name(option.type)
        ->type_size(1)
        ->expected(1)
        ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  }
  return declared->description(Describe(option))->group(option.group);
}

// An action on another process, by default on the one that a container begins with.
const CLI::Option* DeclareProcess(CLI::App& app, const std::string& flag, int& pid,
                                  const std::string& help) {
  return app.add_option(flag, pid, help)
      ->type_name("PID")
      ->expected(0, 1)
      ->default_str("1")
      ->check(CLI::Range(1, kPidMax));
}

// CLI11 says "--listen: 1 required TEXT missing".
absl::Status Explain(const CLI::ParseError& error, const std::vector<Option>& options) {
  std::string what = error.what();
  std::string flag = what.substr(0, what.find(':'));
  const Option* option = flag.size() > 2 ? FindOption(flag.substr(2), options) : nullptr;
  if (option == nullptr) return absl::InvalidArgumentError(what);
  return absl::InvalidArgumentError(absl::StrCat(flag, ": needs a value: use ", option->allowed));
}

absl::Status Unexpected(const std::string& word, const std::vector<Option>& options) {
  if (word.substr(0, 2) != "--") {
    return absl::InvalidArgumentError(
        absl::StrCat("\"", word, "\": not an option; --help lists them all"));
  }
  std::string name = word.substr(2, word.find('=') - 2);
  return absl::InvalidArgumentError(absl::StrCat(
      FlagName(name), ": unknown option",
      Suggestion(name, options, [](const std::string& close) { return FlagName(close); }),
      "; --help lists them all"));
}

// "--name word" says the same as "--name=word", for a switch too: a word that is no value of one
// stays an argument of its own, and is refused.
std::vector<std::string> JoinSwitches(const std::vector<std::string>& args,
                                      const std::vector<Option>& options) {
  std::vector<std::string> joined;
  for (const std::string& word : args) {
    bool named = !joined.empty() && joined.back().substr(0, 2) == "--";
    const Option* option = named ? FindOption(joined.back().substr(2), options) : nullptr;
    if (option != nullptr && option->is_switch && ParseSwitch(word)) {
      joined.back() += "=" + word;
    } else {
      joined.push_back(word);
    }
  }
  return joined;
}

// The last one counts, so that a script can append to another's options; a list takes all.
Given Take(const Option& option, const CLI::Option& declared) {
  Given given{option.name, "", FlagName(option.name)};
  const auto& results = declared.results();
  given.text = results.back();
  if (option.is_list) given.text = CLI::detail::join(results, ",");
  return given;
}

}  // namespace

absl::StatusOr<CommandLine> ReadCommandLine(const std::vector<std::string>& args,
                                            const std::vector<Option>& options) {
  CommandLine line;
  CLI::App app(
      "Sluice, a WebSocket gateway. Every option is also an environment variable (--outbox-"
      "bytes is SLUICE_OUTBOX_BYTES) and a key of the YAML file (outbox-bytes).",
      "sluice");
  app.set_help_flag();
  app.allow_extras();
  app.get_formatter()->column_width(44);
  app.add_flag("--help,-h", line.actions.help, "Shows this and exits.");
  app.add_flag("--version", line.actions.version, "Shows the version and exits.");
  app.add_flag("--check-config", line.actions.check_config, "Checks the options and exits.");
  app.add_flag("--print-config", line.actions.print_config,
               "Shows all options as YAML with their origins and exits.");
  int leave = 0;
  const CLI::Option* leaves = DeclareProcess(
      app, "--leave", leave,
      "Tells a gateway's process to leave as SIGTERM would, waits until it has gone, "
      "and exits; a SIGTERM that comes meanwhile changes nothing. [1]");
  int reload = 0;
  const CLI::Option* reloads =
      DeclareProcess(app, "--reload", reload,
                     "Tells a gateway's process to read its files again as SIGHUP would, waits for "
                     "what becomes of it, and exits; with 1 and the reason if it was refused. [1]");
  std::vector<CLI::Option*> declared;
  for (const Option& option : options) declared.push_back(Declare(app, option));

  try {
    std::vector<std::string> words = JoinSwitches(args, options);
    std::reverse(words.begin(), words.end());
    app.parse(std::move(words));
  } catch (const CLI::ParseError& error) {
    return Explain(error, options);
  }
  if (!app.remaining().empty()) return Unexpected(app.remaining().front(), options);
  for (size_t i = 0; i < options.size(); ++i) {
    if (declared[i]->count() > 0) line.given.push_back(Take(options[i], *declared[i]));
  }
  if (leaves->count() > 0) line.actions.leave = leave;
  if (reloads->count() > 0) line.actions.reload = reload;
  line.help = app.help();
  return line;
}

}  // namespace sluice::config
