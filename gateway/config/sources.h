// SPDX-License-Identifier: Apache-2.0
//
// Where values come from: the command line, the environment, a file. Each yields raw texts with
// their origin; what they mean is decided in config.cc.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "gateway/config/option.h"

namespace sluice::config {

// One value as it was given.
struct Given {
  std::string name;  // of the option, as in the table
  std::string text;
  std::string origin;  // for messages: "--listen", "SLUICE_LISTEN", "sluice.yaml:3: listen"
};

// What is asked for instead of a start.
struct Actions {
  bool help = false;
  bool version = false;
  bool check_config = false;
  bool print_config = false;
  std::optional<int> leave{};   // the process that is to be told to leave
  std::optional<int> reload{};  // and to read its files again
};

struct CommandLine {
  Actions actions;
  std::vector<Given> given;
  std::string help;  // the text of --help
};

// INVALID_ARGUMENT with one line that names the culprit; the others alike. `args` without argv[0].
absl::StatusOr<CommandLine> ReadCommandLine(const std::vector<std::string>& args,
                                            const std::vector<Option>& options);

// `environment` as "NAME=value". Only SLUICE_* is looked at, without the variables that Kubernetes
// and Docker set for a service of that name (SLUICE_PORT, SLUICE_SERVICE_HOST ...).
absl::StatusOr<std::vector<Given>> ReadEnvironment(const std::vector<std::string>& environment,
                                                   const std::vector<Option>& options);

// A YAML file: one flat map.
absl::StatusOr<std::vector<Given>> ReadFile(const std::string& path,
                                            const std::vector<Option>& options);

// "; did you mean --listen?", or nothing if no option is close; `show` renders its name.
std::string Suggestion(const std::string& name, const std::vector<Option>& options,
                       std::string (*show)(const std::string&));

const Option* FindOption(const std::string& name, const std::vector<Option>& options);

// "outbox-bytes" as "--outbox-bytes" and as "SLUICE_OUTBOX_BYTES".
std::string FlagName(const std::string& name);
std::string VariableName(const std::string& name);

}  // namespace sluice::config
