// SPDX-License-Identifier: Apache-2.0
//
// What a command takes, as data: the parser, the completions and the man page are made of it.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"

namespace sluice::ctl {

// A flag ("--id", "-o,--output"), or an argument, whose name has no dash ("CODE").
struct Flag {
  std::string name;
  std::string value;  // what its value is called; empty: a switch
  std::string help;
  bool required = false;             // arguments alone
  bool repeated = false;             // may be given again and again
  std::vector<std::string> choices;  // nothing else is taken; for completion, too
  // Is told each value, of a switch "". INVALID_ARGUMENT: what would be right.
  std::function<absl::Status(const std::string&)> take;

  bool is_argument() const { return name.front() != '-'; }
  // The last of its names: "--output".
  std::string longest() const { return name.substr(name.find_last_of(',') + 1); }
};

class Flags {
 public:
  // What they point to outlives the parsing.
  void Text(std::string name, std::string value, std::string help, std::string* into);
  void Texts(std::string name, std::string value, std::string help, std::vector<std::string>* into);
  void Switch(std::string name, std::string help, bool* into);
  void Whole(std::string name, std::string value, std::string help, uint64_t min, uint64_t max,
             uint64_t* into);
  void Duration(std::string name, std::string help, std::optional<absl::Duration>* into);
  void Choice(std::string name, std::string help, std::vector<std::string> choices,
              std::string* into);
  // Arguments, in this order; only the last may be optional or repeated.
  void Argument(std::string name, std::string help, std::string* into);
  void OptionalArgument(std::string name, std::string help, std::optional<std::string>* into);
  void Arguments(std::string name, std::string help, std::vector<std::string>* into);

  void Add(Flag flag) { all_.push_back(std::move(flag)); }
  const std::vector<Flag>& all() const { return all_; }

 private:
  std::vector<Flag> all_;
};

// A whole number from `min` to `max`, or INVALID_ARGUMENT.
absl::Status TakeWhole(const std::string& text, uint64_t min, uint64_t max, uint64_t* into);

}  // namespace sluice::ctl
