// SPDX-License-Identifier: Apache-2.0
#include "control/ctl/parser.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "control/ctl/commands.h"
#include "gateway/version.h"
#include "text/utf8.h"

namespace sluice::ctl {
namespace {

constexpr char kSummary[] =
    "Looks into Sluice gateways and acts on their clients. Talks to any node of a cluster.";

// A flag with the option that CLI11 has for it; its results stay raw texts.
struct Declared {
  Flag flag;
  CLI::Option* option;
};

std::string HelpOf(const Flag& flag) {
  if (flag.choices.empty()) return flag.help;
  return absl::StrCat(flag.help, ": ", absl::StrJoin(flag.choices, ", "));
}

Declared Declare(CLI::App& app, const Flag& flag, const std::string& group) {
  if (!flag.is_argument() && flag.value.empty()) {
    return {flag, app.add_flag(flag.name)
                      ->disable_flag_override()
                      ->multi_option_policy(CLI::MultiOptionPolicy::TakeLast)
                      ->description(HelpOf(flag))
                      ->group(group)};
  }
  auto* option =
      app.add_option(flag.name, CLI::callback_t([](const CLI::results_t&) { return true; }));
  option->type_name(flag.value)->type_size(1)->expected(1);
  option->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)->description(HelpOf(flag));
  if (flag.is_argument()) {
    option->type_name("");
    if (flag.repeated) option->expected(1, 1 << 20);
    if (flag.required) option->required();
  } else {
    option->group(group);
  }
  option->allow_extra_args(flag.is_argument() && flag.repeated);
  return {flag, option};
}

// CLI11 would take "[a,b]" for a list, and forgets "--" where a command has enough arguments. A
// mark at the front of words keeps them whole, and from being flags.
constexpr char kMark = '\x01';

std::vector<std::string> Marked(const std::vector<std::string>& words) {
  std::vector<std::string> marked;
  bool arguments_alone = false;
  for (const std::string& word : words) {
    if (!arguments_alone && word == "--") {
      arguments_alone = true;
      continue;
    }
    const bool odd = !word.empty() && (word.front() == '[' || word.front() == kMark);
    marked.push_back(odd || arguments_alone ? kMark + word : word);
  }
  return marked;
}

std::string Unmarked(const std::string& word) {
  return !word.empty() && word.front() == kMark ? word.substr(1) : word;
}

absl::Status TakeAll(const std::vector<Declared>& all) {
  for (const auto& [flag, option] : all) {
    const auto& results = option->results();
    if (results.empty()) continue;
    const std::string name = flag.is_argument() ? flag.name : flag.longest();
    if (!flag.repeated && !flag.value.empty() && results.size() > 1) {
      return absl::InvalidArgumentError(name + ": given more than once");
    }
    for (const std::string& text : results) {
      absl::Status status =
          flag.take(flag.value.empty() && !flag.is_argument() ? "" : Unmarked(text));
      if (!status.ok()) {
        return absl::InvalidArgumentError(absl::StrCat(name, ": ", std::string(status.message())));
      }
    }
  }
  return absl::OkStatus();
}

// The words of the command line as a tree of CLI11's.
class Tree {
 public:
  Tree(const Commands& commands, Given* given) : app_(kSummary, "sluicectl") {
    app_.set_help_flag("-h,--help", "shows this")->group("Flags of every command");
    app_.add_flag("--version", version_, "shows the version")->group("");
    app_.get_formatter()->column_width(34);
    app_.require_subcommand(0, 1);
    Flags globals;
    DeclareGlobals(globals, given);
    for (const Flag& flag : globals.all()) {
      globals_.push_back(Declare(app_, flag, "Flags of every command"));
    }
    for (const auto& command : commands) Add(*command);
  }

  absl::StatusOr<Parsed> Parse(const std::vector<std::string>& given) {
    std::vector<std::string> words = Marked(given);
    try {
      std::reverse(words.begin(), words.end());
      app_.parse(std::move(words));
    } catch (const CLI::CallForHelp&) {
      return Parsed{nullptr, app_.help()};
    } catch (const CLI::ParseError& error) {
      return absl::InvalidArgumentError(Explain(error));
    }
    if (version_) return Parsed{nullptr, absl::StrCat("sluicectl ", kVersion, "\n")};
    absl::Status status = TakeAll(globals_);
    if (!status.ok()) return status;
    for (auto& [sub, entry] : leaves_) {
      if (!sub->parsed()) continue;
      status = TakeAll(entry.declared);
      if (!status.ok()) return status;
      return Parsed{entry.command, ""};
    }
    return NoCommand();
  }

 private:
  struct Leaf {
    Command* command;
    std::vector<Declared> declared;
  };

  void Add(Command& command) {
    const size_t cut = command.path().find(' ');
    CLI::App* parent = &app_;
    if (cut != std::string::npos) parent = GroupOf(command.path().substr(0, cut));
    CLI::App* sub = parent->add_subcommand(
        cut == std::string::npos ? command.path() : command.path().substr(cut + 1),
        command.summary());
    sub->fallthrough();
    sub->get_help_ptr()->group("Flags");
    sub->footer("Those of every command: sluicectl --help");
    if (command.hidden()) sub->group("");
    Flags flags;
    command.Declare(flags);
    Leaf leaf{&command, {}};
    for (const Flag& flag : flags.all()) leaf.declared.push_back(Declare(*sub, flag, "Flags"));
    leaves_[sub] = std::move(leaf);
  }

  CLI::App* GroupOf(const std::string& name) {
    CLI::App*& group = groups_[name];
    if (group != nullptr) return group;
    for (const Group& known : AllGroups()) {
      if (known.name != name) continue;
      group = app_.add_subcommand(name, known.summary);
      if (!known.alias.empty()) group->alias(known.alias);
    }
    group->fallthrough()->require_subcommand(1);
    return group;
  }

  absl::Status NoCommand() {
    // CLI11 has taken apart what it did not know.
    const auto rest = app_.remaining(true);
    if (rest.empty()) return absl::InvalidArgumentError("no command; --help lists them");
    return absl::InvalidArgumentError(absl::StrCat(rest.front(), ": no such command; --help"));
  }

  static std::string Explain(const CLI::ParseError& error) {
    std::string text = error.what();
    text.erase(std::remove(text.begin(), text.end(), kMark), text.end());
    std::replace(text.begin(), text.end(), '\n', ' ');
    while (!text.empty() && text.back() == ' ') text.pop_back();
    return text + "; --help says what there is";
  }

  CLI::App app_;
  bool version_ = false;
  std::vector<Declared> globals_;
  std::map<std::string, CLI::App*> groups_;
  std::map<CLI::App*, Leaf> leaves_;
};

}  // namespace

absl::StatusOr<Parsed> ParseCommandLine(const std::vector<std::string>& words,
                                        const Commands& commands, Given* given) {
  for (const std::string& word : words) {
    // Every text of the contract is UTF-8; bytes come from files.
    if (!text::IsUtf8(word)) {
      return absl::InvalidArgumentError(text::ToUtf8(word) + ": is no UTF-8; use @FILE for bytes");
    }
  }
  return Tree(commands, given).Parse(words);
}

}  // namespace sluice::ctl
