// SPDX-License-Identifier: Apache-2.0
//
// One thing that sluicectl does. A command is one file in commands/ and one line in commands.cc.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "control/ctl/exit.h"
#include "control/ctl/flags.h"

namespace sluice::ctl {

class Session;

class Command {
 public:
  // `path`: its words, "drain start". `summary`: one sentence.
  Command(std::string path, std::string summary)
      : path_(std::move(path)), summary_(std::move(summary)) {}
  virtual ~Command() = default;
  Command(const Command&) = delete;
  Command& operator=(const Command&) = delete;

  const std::string& path() const { return path_; }
  const std::string& summary() const { return summary_; }

  // False: it asks no gateway, and works however the settings are.
  virtual bool online() const { return true; }
  // It is not told about, but for those who build it.
  virtual bool hidden() const { return false; }

  virtual void Declare(Flags& /*flags*/) {}
  // Once, after the flags were taken.
  virtual Exit Run(Session& session) = 0;

 private:
  std::string path_;
  std::string summary_;
};

using Commands = std::vector<std::unique_ptr<Command>>;

}  // namespace sluice::ctl
