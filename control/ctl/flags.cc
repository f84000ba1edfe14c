// SPDX-License-Identifier: Apache-2.0
#include "control/ctl/flags.h"

#include <algorithm>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "control/ctl/durations.h"

namespace sluice::ctl {
namespace {

auto Into(std::string* into) {
  return [into](const std::string& text) {
    *into = text;
    return absl::OkStatus();
  };
}

auto Append(std::vector<std::string>* into) {
  return [into](const std::string& text) {
    into->push_back(text);
    return absl::OkStatus();
  };
}

}  // namespace

absl::Status TakeWhole(const std::string& text, uint64_t min, uint64_t max, uint64_t* into) {
  uint64_t number = 0;
  const bool digits = !text.empty() && text.find_first_not_of("0123456789") == std::string::npos;
  if (!digits || !absl::SimpleAtoi(text, &number) || number < min || number > max) {
    return absl::InvalidArgumentError(absl::StrCat("use a whole number from ", min, " to ", max));
  }
  *into = number;
  return absl::OkStatus();
}

void Flags::Text(std::string name, std::string value, std::string help, std::string* into) {
  Add({std::move(name), std::move(value), std::move(help), false, false, {}, Into(into)});
}

void Flags::Texts(std::string name, std::string value, std::string help,
                  std::vector<std::string>* into) {
  Add({std::move(name), std::move(value), std::move(help), false, true, {}, Append(into)});
}

void Flags::Switch(std::string name, std::string help, bool* into) {
  Add({std::move(name), "", std::move(help), false, false, {}, [into](const std::string&) {
         *into = true;
         return absl::OkStatus();
       }});
}

void Flags::Whole(std::string name, std::string value, std::string help, uint64_t min, uint64_t max,
                  uint64_t* into) {
  Add({std::move(name),
       std::move(value),
       std::move(help),
       false,
       false,
       {},
       [=](const std::string& text) { return TakeWhole(text, min, max, into); }});
}

void Flags::Duration(std::string name, std::string help, std::optional<absl::Duration>* into) {
  Add({std::move(name), "TIME", std::move(help), false, false, {}, [into](const std::string& text) {
         auto duration = ParseDuration(text);
         if (duration.ok()) *into = *duration;
         return duration.status();
       }});
}

void Flags::Choice(std::string name, std::string help, std::vector<std::string> choices,
                   std::string* into) {
  Add({std::move(name), "WORD", std::move(help), false, false, choices,
       [into, choices](const std::string& text) {
         if (std::find(choices.begin(), choices.end(), text) == choices.end()) {
           return absl::InvalidArgumentError(
               absl::StrCat("use one of ", absl::StrJoin(choices, ", ")));
         }
         *into = text;
         return absl::OkStatus();
       }});
}

void Flags::Argument(std::string name, std::string help, std::string* into) {
  Add({std::move(name), "", std::move(help), true, false, {}, Into(into)});
}

void Flags::OptionalArgument(std::string name, std::string help, std::optional<std::string>* into) {
  Add({std::move(name), "", std::move(help), false, false, {}, [into](const std::string& text) {
         *into = text;
         return absl::OkStatus();
       }});
}

void Flags::Arguments(std::string name, std::string help, std::vector<std::string>* into) {
  Add({std::move(name), "", std::move(help), true, true, {}, Append(into)});
}

}  // namespace sluice::ctl
