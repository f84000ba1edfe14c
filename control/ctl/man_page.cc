// SPDX-License-Identifier: Apache-2.0
#include "control/ctl/man_page.h"

#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "control/ctl/settings.h"
#include "gateway/version.h"

namespace sluice::ctl {
namespace {

constexpr char kDescription[] = R"(.SH DESCRIPTION
.B sluicectl
looks into Sluice gateways and acts on their clients, by the control port of any node: a cluster's nodes
answer as one. Flags stand anywhere behind the command's words; those of every command are at the end.
.PP
Most commands are about one namespace
.RB ( \-\-namespace ),
and take the same flags that say which connections: lists are "or" inside and "and" between one another.
A command that acts wants
.B \-\-all
where nothing else restricts the namespace; with
.B \-\-dry\-run
it only shows what it would hit.
.PP
A body is an argument,
.BI @ FILE\fR,
or
.B \-
for the standard input;
.B @@
at its front stands for one @.
)";

constexpr char kEnd[] = R"(.SH OUTPUT
Tables are whole when they go to a file or a pipe, and cut to the width of a terminal. Control characters
in what clients chose are shown as \exNN. JSON has the fields of the .proto files by their names. Numbers of
64 bits are strings in JSON and YAML, since readers such as jq round larger numbers; those of 32 bits are numbers. A tail
shows one line of JSON, or one document of YAML, for each item. Bytes are base64, but for fields that hold
JSON, which are strings with that text.
.SH EXIT STATUS
.TP
.B 0
Done. Also when a tail was ended by Ctrl\-C, and when whoever reads the output went away.
.TP
.B 1
The gateway refused it, or something here failed; a drain was cancelled.
.TP
.B 2
The command line, the environment or the config file is wrong; nothing was asked.
.TP
.B 3
No gateway answers at the address, or it cannot serve now.
.TP
.B 4
Done, but nodes did not answer: their names are on the standard error.
.TP
.B 5
Nothing matched.
.TP
.B 6
Not for all that matched: some were dropped, or gave no good answer.
.TP
.B 130
Ended by Ctrl\-C before it was done. A drain that was watched goes on.
.SH ENVIRONMENT
Each flag of every command that is a setting is also a variable, and a key of a context in the config file. A flag
wins over the environment, and that over the context. Other variables that begin with SLUICECTL_ are refused.
.TP
.B SLUICECTL_TOKEN
The control token. There is no flag for it: others can see a process' arguments.
.TP
.B SLUICECTL_CONFIG
The config file.
.TP
.B SLUICECTL_CONTEXT
The context to use.
.TP
@VARIABLES@
As the flags of these names.
.SH FILES
.TP
.I ~/.config/sluice/sluicectl.yaml
Contexts: which gateways there are, and how they are reached.
.IP
.EX
current\-context: production
contexts:
  production:
    address: sluice.internal:50051
    tls\-ca: /etc/sluice/ca.pem
    token\-file: /home/me/.config/sluice/token
.EE
.SH SEE ALSO
.BR sluice (1)
)";

std::string Escaped(const std::string& text) {
  std::string escaped = absl::StrReplaceAll(text, {{"\\", "\\e"}, {"-", "\\-"}});
  if (!escaped.empty() && (escaped.front() == '.' || escaped.front() == '\'')) {
    escaped = "\\&" + escaped;
  }
  return escaped;
}

void AppendFlag(const Flag& flag, std::string& text) {
  std::vector<std::string> names = absl::StrSplit(flag.name, ',');
  for (std::string& name : names) name = "\\fB" + Escaped(name) + "\\fR";
  absl::StrAppend(&text, ".TP\n", absl::StrJoin(names, ", "));
  if (!flag.value.empty()) absl::StrAppend(&text, " \\fI", Escaped(flag.value), "\\fR");
  absl::StrAppend(&text, "\n", Escaped(flag.help));
  if (!flag.choices.empty()) {
    absl::StrAppend(&text, ": ", Escaped(absl::StrJoin(flag.choices, ", ")));
  }
  text += "\n";
}

}  // namespace

std::string TroffOf(const Manual& manual) {
  std::string text = absl::StrCat(
      ".\\\" SPDX\\-License\\-Identifier: Apache\\-2.0\n"
      ".\\\" Made by `sluicectl man\\-page`.\n"
      ".TH SLUICECTL 1 \"\" \"Sluice ",
      kVersion,
      "\" \"User Commands\"\n"
      ".SH NAME\nsluicectl \\- look into Sluice gateways and act on their clients\n"
      ".SH SYNOPSIS\n.B sluicectl\n.I command\n.RI [ arguments ]\n.RI [ flags ]\n",
      kDescription, ".SH COMMANDS\n");
  for (const ManualEntry& entry : manual.commands) {
    absl::StrAppend(&text, ".SS ", Escaped(Synopsis(entry)), "\n", Escaped(entry.summary), "\n");
    for (const Flag& flag : entry.flags) AppendFlag(flag, text);
  }
  text += ".SH FLAGS OF EVERY COMMAND\n";
  for (const Flag& flag : manual.globals) AppendFlag(flag, text);
  std::vector<std::string> variables;
  for (const SettingKey& key : SettingKeys()) {
    variables.push_back("\\fB" + VariableOf(key.name) + "\\fR");
  }
  absl::StrAppend(&text,
                  absl::StrReplaceAll(kEnd, {{"@VARIABLES@", absl::StrJoin(variables, ", ")}}));
  return text;
}

}  // namespace sluice::ctl
