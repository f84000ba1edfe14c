// SPDX-License-Identifier: Apache-2.0
//
// What a command runs with: the settings, the gateway, the output, the person. It remembers which
// nodes did not answer, since that is told in the same way for every command.
#pragma once

#include <google/protobuf/repeated_ptr_field.h>

#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "control/ctl/client.h"
#include "control/ctl/command.h"
#include "control/ctl/exit.h"
#include "control/ctl/interrupts.h"
#include "control/ctl/output.h"
#include "control/ctl/settings.h"

namespace sluice::ctl {

class Session {
 public:
  // All of them outlive it.
  Session(const Settings& settings, const Given& given, std::string config_path,
          const Commands& commands, Output& out, Interrupts& interrupts)
      : settings(settings),
        given(given),
        config_path(std::move(config_path)),
        commands(commands),
        out(out),
        interrupts(interrupts) {}

  const Settings& settings;
  const Given& given;
  const std::string config_path;
  const Commands& commands;
  Output& out;
  Interrupts& interrupts;

  // Connects the first time. Only if Open said OK.
  Client& client() { return *client_; }
  // INVALID_ARGUMENT: a file of certificates cannot be read.
  absl::Status Open();

  const std::string& space() const { return settings.space; }
  v1::Scope scope() const { return given.local ? v1::SCOPE_LOCAL : v1::SCOPE_UNSPECIFIED; }

  // A line on stderr.
  void Note(const std::string& line) const;
  // What is wrong with the command line.
  Exit Usage(const std::string& line) const;
  // Tells what failed; its exit code.
  Exit Fail(const absl::Status& status) const;

  void AddUnreachable(const google::protobuf::RepeatedPtrField<std::string>& nodes) {
    unreachable_.insert(nodes.begin(), nodes.end());
  }
  std::vector<std::string> unreachable() const {
    return {unreachable_.begin(), unreachable_.end()};
  }
  // The exit code, after telling who did not answer: that is worse than that nothing matched.
  Exit Conclude(Exit exit) const;

 private:
  std::unique_ptr<Client> client_;
  std::set<std::string> unreachable_;
};

}  // namespace sluice::ctl
