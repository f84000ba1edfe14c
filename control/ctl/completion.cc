// SPDX-License-Identifier: Apache-2.0
#include "control/ctl/completion.h"

#include <map>
#include <set>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "control/ctl/commands.h"

namespace sluice::ctl {
namespace {

std::vector<std::string> WordsOf(const std::string& path) { return absl::StrSplit(path, ' '); }

std::vector<std::string> NamesOf(const Flag& flag) { return absl::StrSplit(flag.name, ','); }

// A word between single quotes, for any of the three shells.
std::string Quoted(const std::string& text) {
  return "'" + absl::StrReplaceAll(text, {{"'", "\u2019"}, {"\\", "/"}}) + "'";
}

// The words that may come behind others: "" -> nodes, drain, ...; "drain" -> start, watch, ...
std::map<std::string, std::vector<std::string>> NextWords(const Manual& manual) {
  std::map<std::string, std::vector<std::string>> next;
  for (const ManualEntry& entry : manual.commands) {
    std::string before;
    for (const std::string& word : WordsOf(entry.path)) {
      auto& words = next[before];
      if (words.empty() || words.back() != word) words.push_back(word);
      before += (before.empty() ? "" : " ") + word;
    }
    for (const Flag& flag : entry.flags) {
      if (flag.is_argument() && !flag.choices.empty()) next[entry.path] = flag.choices;
    }
  }
  return next;
}

// The flags that a value follows, of all commands.
std::set<std::string> WithValue(const Manual& manual) {
  std::set<std::string> names;
  auto add = [&](const std::vector<Flag>& flags) {
    for (const Flag& flag : flags) {
      if (flag.is_argument() || flag.value.empty()) continue;
      for (const std::string& name : NamesOf(flag)) names.insert(name);
    }
  };
  add(manual.globals);
  for (const ManualEntry& entry : manual.commands) add(entry.flags);
  return names;
}

std::string FlagsOf(const std::vector<Flag>& flags) {
  std::vector<std::string> names;
  for (const Flag& flag : flags) {
    if (flag.is_argument()) continue;
    for (const std::string& name : NamesOf(flag)) names.push_back(name);
  }
  return absl::StrJoin(names, " ");
}

// What a flag's value may be: a list of words, or files.
void AppendValues(const std::vector<Flag>& flags, const std::string& path, std::string& text) {
  for (const Flag& flag : flags) {
    if (flag.is_argument() || (flag.choices.empty() && flag.value != "FILE")) continue;
    for (const std::string& name : NamesOf(flag)) {
      const std::string what = flag.choices.empty() ? "@file" : absl::StrJoin(flag.choices, " ");
      const std::string pattern = path.empty() ? "*' " + name + "'" : Quoted(path + " " + name);
      absl::StrAppend(&text, "    ", pattern, ") echo ", Quoted(what), " ;;\n");
    }
  }
}

std::string AliasCases() {
  std::string text;
  for (const Group& group : AllGroups()) {
    if (group.alias.empty()) continue;
    absl::StrAppend(&text, "    [ \"$word\" = ", group.alias, " ] && word=", group.name, "\n");
  }
  return text;
}

constexpr char kBashMain[] = R"script(_sluicectl() {
  local cur=${COMP_WORDS[COMP_CWORD]} previous='' line='' word i values
  for ((i = 1; i < COMP_CWORD; i++)); do
    word=${COMP_WORDS[i]}
    previous=$word
    if [[ $word == -* ]]; then
      if _sluicectl_takes "$word" && ((i + 1 < COMP_CWORD)); then
        i=$((i + 1))
        if [[ ${COMP_WORDS[i]} == = ]]; then i=$((i + 1)); fi
        if ((i < COMP_CWORD)); then previous=''; fi
      fi
      continue
    fi
@ALIASES@    case " $(_sluicectl_next "$line") " in
      *" $word "*) line="${line:+$line }$word" ;;
    esac
  done
  COMPREPLY=()
  if [[ $cur == = ]]; then cur=''; fi
  if [[ -n $previous ]] && _sluicectl_takes "$previous"; then
    values=$(_sluicectl_values "$line" "$previous")
    if [[ $values == @file ]]; then
      while IFS= read -r word; do COMPREPLY+=("$word"); done < <(compgen -f -- "$cur")
    else
      while IFS= read -r word; do COMPREPLY+=("$word"); done < <(compgen -W "$values" -- "$cur")
    fi
    return
  fi
  if [[ $cur == -* ]]; then
    values="$(_sluicectl_flags "$line") $(_sluicectl_flags)"
  else
    values=$(_sluicectl_next "$line")
  fi
  while IFS= read -r word; do COMPREPLY+=("$word"); done < <(compgen -W "$values" -- "$cur")
}
)script";

std::string BashFunctions(const Manual& manual) {
  std::string text = "_sluicectl_next() {\n  case \"$1\" in\n";
  for (const auto& [before, words] : NextWords(manual)) {
    absl::StrAppend(&text, "    ", Quoted(before), ") echo ", Quoted(absl::StrJoin(words, " ")),
                    " ;;\n");
  }
  absl::StrAppend(&text, "  esac\n}\n_sluicectl_flags() {\n  case \"$1\" in\n    '') echo ",
                  Quoted(FlagsOf(manual.globals) + " -h --help"), " ;;\n");
  for (const ManualEntry& entry : manual.commands) {
    const std::string names = FlagsOf(entry.flags);
    if (!names.empty()) {
      absl::StrAppend(&text, "    ", Quoted(entry.path), ") echo ", Quoted(names), " ;;\n");
    }
  }
  absl::StrAppend(&text, "  esac\n}\n_sluicectl_takes() {\n  case \"$1\" in\n    ",
                  absl::StrJoin(WithValue(manual), " | "), ") return 0 ;;\n  esac\n  return 1\n}\n",
                  "_sluicectl_values() {\n  case \"$1 $2\" in\n");
  for (const ManualEntry& entry : manual.commands) AppendValues(entry.flags, entry.path, text);
  AppendValues(manual.globals, "", text);
  absl::StrAppend(&text, "  esac\n}\n",
                  absl::StrReplaceAll(kBashMain, {{"@ALIASES@", AliasCases()}}));
  return text;
}

constexpr char kFishMain[] = R"script(
function __sluicectl_line
  set -l line
  set -l skip 0
  for word in (commandline -opc)[2..-1]
    if test $skip = 1
      set skip 0
      continue
    end
    switch $word
      case @TAKES@
        set skip 1
      case '-*'
@ALIASES@      case '*'
        set -a line $word
    end
  end
  string join ' ' -- $line
end
function __sluicectl_at
  set -l line (__sluicectl_line)
  test "$line" = "$argv[1]"
end
function __sluicectl_in
  set -l line (__sluicectl_line)
  string match -q -- "$argv[1]*" "$line"
end
complete -c sluicectl -f
)script";

void AppendFish(const std::vector<Flag>& flags, const std::string& path, std::string& text) {
  for (const Flag& flag : flags) {
    if (flag.is_argument()) continue;
    text += "complete -c sluicectl";
    if (!path.empty()) absl::StrAppend(&text, " -n \"__sluicectl_in '", path, "'\"");
    for (const std::string& name : NamesOf(flag)) {
      absl::StrAppend(
          &text, absl::StartsWith(name, "--") ? " -l " + name.substr(2) : " -s " + name.substr(1));
    }
    if (!flag.choices.empty()) {
      absl::StrAppend(&text, " -x -a ", Quoted(absl::StrJoin(flag.choices, " ")));
    } else if (flag.value == "FILE") {
      text += " -r -F";
    } else if (!flag.value.empty()) {
      text += " -x";
    }
    absl::StrAppend(&text, " -d ", Quoted(flag.help), "\n");
  }
}

}  // namespace

std::string BashCompletion(const Manual& manual) {
  return "# Completes sluicectl's words in bash: source it, or put it into\n"
         "# /usr/share/bash-completion/completions/sluicectl.\n" +
         BashFunctions(manual) + "complete -F _sluicectl sluicectl\n";
}

std::string ZshCompletion(const Manual& manual) {
  return "#compdef sluicectl\n"
         "# Completes sluicectl's words in zsh: source it behind compinit.\n"
         "autoload -U +X bashcompinit && bashcompinit\n" +
         BashFunctions(manual) + "complete -F _sluicectl sluicectl\n";
}

std::string FishCompletion(const Manual& manual) {
  std::string aliases;
  for (const Group& group : AllGroups()) {
    if (group.alias.empty()) continue;
    absl::StrAppend(&aliases, "      case ", group.alias, "\n        set -a line ", group.name,
                    "\n");
  }
  std::string text =
      "# Completes sluicectl's words in fish: put it into ~/.config/fish/completions.";
  text += absl::StrReplaceAll(
      kFishMain, {{"@TAKES@", absl::StrJoin(WithValue(manual), " ")}, {"@ALIASES@", aliases}});
  for (const auto& [before, words] : NextWords(manual)) {
    for (const std::string& word : words) {
      absl::StrAppend(&text, "complete -c sluicectl -n \"__sluicectl_at '", before, "'\" -a ", word,
                      "\n");
    }
  }
  AppendFish(manual.globals, "", text);
  for (const ManualEntry& entry : manual.commands) AppendFish(entry.flags, entry.path, text);
  return text;
}

}  // namespace sluice::ctl
