// SPDX-License-Identifier: Apache-2.0
//
// What holds for every command: where the gateway is and who asks, which namespace, and how answers
// are shown. Each is a flag, a variable of the environment and a key of a context in the config
// file: a flag wins over the environment, and that over the context.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "control/ctl/config_file.h"
#include "control/ctl/flags.h"

namespace sluice::ctl {

enum class Format { kTable, kJson, kYaml };

struct SettingKey {
  std::string name;   // "tls-ca": --tls-ca, SLUICECTL_TLS_CA, tls-ca
  std::string value;  // what its value is called; empty: a switch
  std::string help;
};

// All that contexts have, in the order in which help shows them.
const std::vector<SettingKey>& SettingKeys();

// "SLUICECTL_TLS_CA"
std::string VariableOf(const std::string& name);

// What the command line says of them.
struct Given {
  std::map<std::string, std::string> values;  // by key
  std::string context;
  std::string config;
  bool local = false;
};

// Flags that every command has.
void DeclareGlobals(Flags& flags, Given* given);

struct Settings {
  std::string address = "127.0.0.1:50051";
  std::string token;
  bool tls = false;
  std::string tls_ca;  // paths
  std::string tls_cert;
  std::string tls_key;
  std::string tls_name;
  absl::Duration timeout = absl::Seconds(10);
  std::string space = "default";
  Format format = Format::kTable;
};

using Environment = std::function<const char*(const char*)>;

// Where the config file is: --config, SLUICECTL_CONFIG, or the user's own.
std::string ConfigPath(const Given& given, const Environment& environment);

// INVALID_ARGUMENT: a line that names the flag, the variable or the key.
absl::StatusOr<Settings> Resolve(const Given& given, const Environment& environment,
                                 const ConfigFile& file);

// What is wrong with one context by itself; for `config check`.
absl::Status CheckContext(const std::string& name, const Context& context);

// Variables that begin as ours do and are none. `variables`: NAME=value.
absl::Status CheckVariables(const char* const* variables);

absl::StatusOr<Format> ParseFormat(const std::string& text);

}  // namespace sluice::ctl
