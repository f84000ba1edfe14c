// SPDX-License-Identifier: Apache-2.0
#include "control/ctl/settings.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "control/ctl/durations.h"
#include "control/ctl/files.h"
#include "text/utf8.h"

namespace sluice::ctl {
namespace {

constexpr size_t kTokenBytesMax = 1 << 16;
constexpr char kPrefix[] = "SLUICECTL_";
constexpr char kToken[] = "SLUICECTL_TOKEN";

// A value, and who said so: the less `layer`, the stronger.
struct Said {
  std::string value;
  std::string who;
  int layer = 0;
};
using All = std::map<std::string, Said>;

absl::Status Wrong(const Said& said, const std::string& why) {
  return absl::InvalidArgumentError(absl::StrCat(said.who, ": ", why));
}

absl::StatusOr<bool> IsOn(const All& all, const std::string& name) {
  auto found = all.find(name);
  if (found == all.end() || found->second.value == "false") return false;
  if (found->second.value == "true") return true;
  return Wrong(found->second, "use true or false");
}

const SettingKey* FindKey(const std::string& name) {
  const auto& keys = SettingKeys();
  auto found = std::find_if(keys.begin(), keys.end(),
                            [&](const SettingKey& key) { return key.name == name; });
  return found == keys.end() ? nullptr : &*found;
}

absl::StatusOr<All> Gather(const Given& given, const Environment& environment,
                           const Context& context, const std::string& context_name) {
  All all;
  for (const auto& [name, value] : context) {
    const std::string who = absl::StrCat("context ", context_name, ": ", name);
    if (FindKey(name) == nullptr) {
      return absl::InvalidArgumentError(absl::StrCat(who, ": unknown key"));
    }
    all[name] = {value, who, 2};
  }
  for (const SettingKey& key : SettingKeys()) {
    const std::string variable = VariableOf(key.name);
    if (const char* value = environment(variable.c_str())) all[key.name] = {value, variable, 1};
  }
  for (const auto& [name, value] : given.values) all[name] = {value, "--" + name, 0};
  for (const auto& [name, said] : all) {
    if (!text::IsUtf8(said.value)) return Wrong(said, "is no UTF-8");
  }
  return all;
}

// The strongest word on whether to speak TLS counts; a weaker one is not a contradiction.
absl::StatusOr<bool> WantsTls(const All& all) {
  auto plaintext = IsOn(all, "plaintext");
  auto tls = IsOn(all, "tls");
  if (!plaintext.ok() || !tls.ok()) return plaintext.ok() ? tls.status() : plaintext.status();
  const Said* wanting = nullptr;
  for (const char* name : {"tls", "tls-ca", "tls-cert", "tls-key", "tls-name"}) {
    auto found = all.find(name);
    if (found == all.end() || found->second.value.empty()) continue;
    if (found->first == "tls" && !*tls) continue;
    if (wanting == nullptr || found->second.layer < wanting->layer) wanting = &found->second;
  }
  if (wanting == nullptr || !*plaintext) return wanting != nullptr;
  const Said& plain = all.find("plaintext")->second;
  if (plain.layer == wanting->layer) {
    return Wrong(plain, absl::StrCat("contradicts ", wanting->who));
  }
  return wanting->layer < plain.layer;
}

std::string TextOf(const All& all, const std::string& name, std::string otherwise = "") {
  auto found = all.find(name);
  return found == all.end() || found->second.value.empty() ? otherwise : found->second.value;
}

// A token file that is named more closely than SLUICECTL_TOKEN wins over it.
absl::StatusOr<std::string> TokenOf(const All& all, const char* variable) {
  auto file = all.find("token-file");
  const bool named = file != all.end() && !file->second.value.empty();
  if (variable != nullptr && *variable != 0 && (!named || file->second.layer > 0)) {
    if (named && file->second.layer == 1) {
      return absl::InvalidArgumentError(absl::StrCat(kToken, ": contradicts ", file->second.who));
    }
    return std::string(variable);
  }
  if (!named) return std::string();
  auto text = ReadFile(file->second.value, kTokenBytesMax);
  if (!text.ok()) return Wrong(file->second, std::string(text.status().message()));
  // Written as the gateway's own file is, so that one file serves both: the first one counts.
  for (absl::string_view line : absl::StrSplit(*text, '\n')) {
    line = absl::StripAsciiWhitespace(line);
    if (!line.empty() && line.front() != '#') return std::string(line);
  }
  return Wrong(file->second, file->second.value + " holds no token");
}

bool IsLoopback(const std::string& address) {
  return absl::StartsWith(address, "127.") || absl::StartsWith(address, "localhost:") ||
         absl::StartsWith(address, "[::1]:") || absl::StartsWith(address, "unix:");
}

absl::Status CheckToken(const All& all, const Settings& settings) {
  const std::string& token = settings.token;
  const bool good =
      std::all_of(token.begin(), token.end(), [](char c) { return c > 0x20 && c < 0x7f; });
  if (!good) return absl::InvalidArgumentError("the token has characters that no token has");
  auto plain = IsOn(all, "plaintext");
  if (token.empty() || settings.tls || IsLoopback(settings.address) || (plain.ok() && *plain)) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(
      absl::StrCat("--address: the token would travel to ", settings.address,
                   " in the clear; use --tls, or --plaintext if that is meant"));
}

absl::StatusOr<Settings> ToSettings(const All& all, const char* token) {
  Settings settings;
  settings.address = TextOf(all, "address", settings.address);
  settings.tls_ca = TextOf(all, "tls-ca");
  settings.tls_cert = TextOf(all, "tls-cert");
  settings.tls_key = TextOf(all, "tls-key");
  settings.tls_name = TextOf(all, "tls-name");
  settings.space = TextOf(all, "namespace", settings.space);
  auto tls = WantsTls(all);
  if (!tls.ok()) return tls.status();
  settings.tls = *tls;
  if (settings.tls_cert.empty() != settings.tls_key.empty()) {
    return absl::InvalidArgumentError("--tls-cert and --tls-key: one needs the other");
  }
  if (auto found = all.find("timeout"); found != all.end() && !found->second.value.empty()) {
    auto timeout = ParseDuration(found->second.value);
    if (!timeout.ok()) return Wrong(found->second, std::string(timeout.status().message()));
    if (*timeout <= absl::ZeroDuration()) return Wrong(found->second, "use more than 0");
    settings.timeout = *timeout;
  }
  if (auto found = all.find("output"); found != all.end() && !found->second.value.empty()) {
    auto format = ParseFormat(found->second.value);
    if (!format.ok()) return Wrong(found->second, std::string(format.status().message()));
    settings.format = *format;
  }
  auto secret = TokenOf(all, token);
  if (!secret.ok()) return secret.status();
  settings.token = *std::move(secret);
  absl::Status status = CheckToken(all, settings);
  if (!status.ok()) return status;
  return settings;
}

}  // namespace

const std::vector<SettingKey>& SettingKeys() {
  static const auto& keys = *new std::vector<SettingKey>{
      {"address", "HOST:PORT", "the control port of any node (127.0.0.1:50051)"},
      {"token-file", "FILE",
       "a file with the control token; or SLUICECTL_TOKEN, but not argv, "
       "which others can see"},
      {"tls", "", "speak TLS, and trust the system's authorities"},
      {"tls-ca", "FILE", "speak TLS, and trust these authorities alone (PEM)"},
      {"tls-cert", "FILE", "this client's certificate (PEM)"},
      {"tls-key", "FILE", "its key (PEM)"},
      {"tls-name", "NAME", "the name that the gateway's certificate must have, if not the host's"},
      {"plaintext", "", "no TLS, whatever the environment or the context says"},
      {"timeout", "TIME", "how long the gateway may take for an answer (10s)"},
      {"namespace", "NAME", "the namespace (default)"},
      {"output", "WORD", "how answers are shown (table)"},
  };
  return keys;
}

std::string VariableOf(const std::string& name) {
  return kPrefix + absl::AsciiStrToUpper(absl::StrReplaceAll(name, {{"-", "_"}}));
}

void DeclareGlobals(Flags& flags, Given* given) {
  for (const SettingKey& key : SettingKeys()) {
    std::string name = "--" + key.name;
    if (key.name == "namespace") name = "-n," + name;
    if (key.name == "output") name = "-o," + name;
    const bool is_switch = key.value.empty();
    std::vector<std::string> choices;
    if (key.name == "output") choices = {"table", "json", "yaml"};
    flags.Add({name, key.value, key.help, false, false, choices,
               [given, own = key.name, is_switch](const std::string& text) {
                 given->values[own] = is_switch ? "true" : text;
                 return text.empty() && !is_switch ? absl::InvalidArgumentError("is empty")
                                                   : absl::OkStatus();
               }});
  }
  flags.Text("--context", "NAME", "the context of the config file to use", &given->context);
  flags.Text("--config", "FILE", "the config file (~/.config/sluice/sluicectl.yaml)",
             &given->config);
  flags.Switch("--local", "the node that is asked alone, on its own connections", &given->local);
}

std::string ConfigPath(const Given& given, const Environment& environment) {
  if (!given.config.empty()) return given.config;
  auto value = [&](const char* name) {
    const char* text = environment(name);
    return std::string(text == nullptr ? "" : text);
  };
  if (std::string path = value("SLUICECTL_CONFIG"); !path.empty()) return path;
  if (std::string base = value("XDG_CONFIG_HOME"); !base.empty()) {
    return base + "/sluice/sluicectl.yaml";
  }
  return value("HOME") + "/.config/sluice/sluicectl.yaml";
}

absl::StatusOr<Format> ParseFormat(const std::string& text) {
  if (text == "table") return Format::kTable;
  if (text == "json") return Format::kJson;
  if (text == "yaml") return Format::kYaml;
  return absl::InvalidArgumentError("use one of table, json, yaml");
}

absl::StatusOr<Settings> Resolve(const Given& given, const Environment& environment,
                                 const ConfigFile& file) {
  std::string name = file.current;
  std::string who = "current-context";
  if (const char* variable = environment("SLUICECTL_CONTEXT"); variable && *variable) {
    name = variable;
    who = "SLUICECTL_CONTEXT";
  }
  if (!given.context.empty()) {
    name = given.context;
    who = "--context";
  }
  Context context;
  if (!name.empty()) {
    auto found = file.contexts.find(name);
    if (found == file.contexts.end()) {
      return absl::InvalidArgumentError(
          absl::StrCat(who, ": no context ", name, " in the config file"));
    }
    context = found->second;
  }
  auto all = Gather(given, environment, context, name);
  if (!all.ok()) return all.status();
  return ToSettings(*all, environment(kToken));
}

absl::Status CheckContext(const std::string& name, const Context& context) {
  auto all = Gather({}, [](const char*) { return nullptr; }, context, name);
  if (!all.ok()) return all.status();
  auto settings = ToSettings(*all, nullptr);
  if (!settings.ok()) return settings.status();
  for (const char* key : {"tls-ca", "tls-cert", "tls-key"}) {
    auto found = all->find(key);
    if (found == all->end()) continue;
    auto text = ReadFile(found->second.value, 1 << 20);
    if (!text.ok()) return Wrong(found->second, std::string(text.status().message()));
  }
  return absl::OkStatus();
}

absl::Status CheckVariables(const char* const* variables) {
  for (; *variables != nullptr; ++variables) {
    if (!absl::StartsWith(*variables, kPrefix)) continue;
    const std::string name(*variables, strcspn(*variables, "="));
    const auto& keys = SettingKeys();
    const bool known =
        name == kToken || name == "SLUICECTL_CONFIG" || name == "SLUICECTL_CONTEXT" ||
        std::any_of(keys.begin(), keys.end(),
                    [&](const SettingKey& key) { return VariableOf(key.name) == name; });
    if (!known) return absl::InvalidArgumentError(name + ": unknown variable");
  }
  return absl::OkStatus();
}

}  // namespace sluice::ctl
