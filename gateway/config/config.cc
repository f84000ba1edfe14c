// SPDX-License-Identifier: Apache-2.0
#include "gateway/config/config.h"

#include "absl/strings/str_cat.h"
#include "gateway/config/relations.h"
#include "gateway/config/table.h"
#include "gateway/config/validate.h"

namespace sluice::config {

Config::Config() : options_(BindOptions(settings_)) {}

absl::StatusOr<std::unique_ptr<Config>> Config::Load(const std::vector<std::string>& args,
                                                     const std::vector<std::string>& environment) {
  std::unique_ptr<Config> config(new Config());
  absl::Status status = config->Read(args, environment);
  if (!status.ok()) return status;
  return config;
}

absl::Status Config::Read(const std::vector<std::string>& args,
                          const std::vector<std::string>& environment) {
  absl::StatusOr<CommandLine> line = ReadCommandLine(args, options_);
  if (!line.ok()) return line.status();
  actions_ = line->actions;
  help_ = std::move(line->help);
  if (actions_.help || actions_.version) return absl::OkStatus();

  absl::StatusOr<std::vector<Given>> variables = ReadEnvironment(environment, options_);
  if (!variables.ok()) return variables.status();
  // Twice, so that the file's name is known before the file, and the file is overridden.
  absl::Status status = Apply(*variables);
  status.Update(Apply(line->given));
  if (!status.ok()) return status;
  if (!settings_.config_file.empty()) {
    absl::StatusOr<std::vector<Given>> file = ReadFile(settings_.config_file, options_);
    if (!file.ok()) return file.status();
    status = Apply(*file);
    status.Update(Apply(*variables));
    status.Update(Apply(line->given));
  }
  if (status.ok()) status = Locate(Relate());
  status.Update(Locate(Validate(settings_)));
  return status;
}

absl::Status Config::Relate() {
  const std::map<std::string, std::string> given = origins_;
  return config::Relate(
      options_, [&given](const std::string& name) { return given.count(name) > 0; },
      [this](const Relation& relation) {
        origins_[std::string(relation.lesser)] =
            absl::StrCat("default, so that it fits into ", std::string(relation.greater));
      });
}

absl::Status Config::Apply(const std::vector<Given>& given) {
  for (const Given& one : given) {
    const Option* option = FindOption(one.name, options_);
    if (!option->set(one.text)) {
      return absl::InvalidArgumentError(
          absl::StrCat(one.origin, ": ", option->is_secret ? "what is there" : Quote(one.text),
                       " is not allowed; use ", option->allowed));
    }
    origins_[one.name] = one.origin;
  }
  return absl::OkStatus();
}

absl::Status Config::Locate(const absl::Status& complaint) const {
  if (complaint.ok()) return complaint;
  std::string message(complaint.message());
  std::string name = message.substr(0, message.find_first_of(": "));
  if (FindOption(name, options_) == nullptr) return complaint;
  auto origin = origins_.find(name);
  std::string place = origin == origins_.end() ? FlagName(name) : origin->second;
  return {complaint.code(), place + message.substr(name.size())};
}

std::string Config::ToYaml() const {
  std::string yaml;
  std::string group;
  for (const Option& option : options_) {
    // A file that names itself would be refused.
    if (option.name == "config") continue;
    if (option.group != group)
      absl::StrAppend(&yaml, group.empty() ? "" : "\n", "# ", option.group, "\n");
    group = option.group;
    auto origin = origins_.find(option.name);
    absl::StrAppend(&yaml, option.name, ": ", option.yaml(), "  # ",
                    origin == origins_.end() ? "default" : origin->second, "\n");
  }
  return yaml;
}

}  // namespace sluice::config
