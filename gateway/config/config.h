// SPDX-License-Identifier: Apache-2.0
//
// What this process was told: a file, overridden by the environment, overridden by flags. Anything
// unknown or not allowed, wherever it stands and even if it would be overridden, is an error; so
// are options that contradict one another.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "gateway/config/option.h"
#include "gateway/config/settings.h"
#include "gateway/config/sources.h"

namespace sluice::config {

class Config {
 public:
  // `args` without argv[0]; `environment` as "NAME=value". INVALID_ARGUMENT: one line that names
  // the culprit and what is allowed.
  static absl::StatusOr<std::unique_ptr<Config>> Load(const std::vector<std::string>& args,
                                                      const std::vector<std::string>& environment);

  const Settings& settings() const { return settings_; }
  const Actions& actions() const { return actions_; }

  // The text of --help.
  const std::string& help() const { return help_; }

  // What --print-config shows: every option, with where its value came from. As a file it makes
  // the same settings.
  std::string ToYaml() const;

  // A complaint that begins with an option's name ("tls-cert: ..."), with the place where that
  // option was given instead.
  absl::Status Locate(const absl::Status& complaint) const;

 private:
  Config();
  absl::Status Read(const std::vector<std::string>& args,
                    const std::vector<std::string>& environment);
  absl::Status Apply(const std::vector<Given>& given);
  absl::Status Relate();

  Settings settings_;
  std::vector<Option> options_;  // bound to settings_
  std::map<std::string, std::string> origins_;
  Actions actions_;
  std::string help_;
};

}  // namespace sluice::config
