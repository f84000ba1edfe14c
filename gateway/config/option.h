// SPDX-License-Identifier: Apache-2.0
//
// One option: its name, what it means, what it may be, and the fields that it
// sets. Made by the functions below, one a kind of value; the default is what
// the field holds when it is bound.
//
// A name without dashes in front serves three ways: outbox-bytes is
// --outbox-bytes, SLUICE_OUTBOX_BYTES and the key outbox-bytes in a file.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "gateway/config/values.h"

namespace sluice::config {

struct Option {
  std::string name;
  std::string help;     // one line
  std::string allowed;  // ends the sentence "use ..."
  std::string type;     // a word for the help: SIZE
  bool is_switch = false;
  bool is_list = false;
  bool is_secret = false;  // it may hold a password: what was given is never shown
  std::string group;

  // False: the text is not allowed; nothing was set.
  std::function<bool(std::string_view text)> set;
  // The value now, as set() takes it.
  std::function<std::string()> text;
  // The value now, as YAML.
  std::function<std::string()> yaml;
  // The value now, if it counts something: bytes, things, or seconds.
  std::function<double()> number;
};

// The fields that an option sets: one, or the same bound in several rooms. They
// outlive the option.
template <typename T>
using Targets = std::vector<T*>;

// Both ends are included.
struct Range {
  uint64_t min = 0;
  uint64_t max = std::numeric_limits<uint32_t>::max();
};
struct DurationRange {
  absl::Duration min = absl::ZeroDuration();
  absl::Duration max = absl::Hours(24 * 365);
};

std::string AllowedSize(Range range);
std::string AllowedCount(Range range);
std::string AllowedReal(double max);

// An option whose value is parsed by `parse` and shown by `format`.
template <typename T, typename Parse, typename Format>
Option MakeOption(std::string name, Targets<T> targets, std::string help, Parse parse,
                  Format format) {
  Option option;
  option.name = std::move(name);
  option.help = std::move(help);
  option.set = [targets, parse](std::string_view text) {
    auto value = parse(text);
    if (!value) return false;
    for (T* target : targets) *target = static_cast<T>(*value);
    return true;
  };
  option.text = [target = targets.front(), format] { return format(*target); };
  option.yaml = option.text;
  return option;
}

// T is an unsigned integer or a real number wide enough for the range.
template <typename T>
Option Size(std::string name, Targets<T> targets, Range range, std::string help) {
  auto parse = [range](std::string_view text) {
    auto value = ParseSize(text);
    return value && *value >= range.min && *value <= range.max ? value : std::nullopt;
  };
  Option option = MakeOption<T>(std::move(name), targets, std::move(help), parse,
                                [](T value) { return FormatSize(value); });
  option.number = [target = targets.front()] { return static_cast<double>(*target); };
  option.allowed = AllowedSize(range);
  option.type = "SIZE";
  return option;
}

template <typename T>
Option Count(std::string name, Targets<T> targets, Range range, std::string help) {
  auto parse = [range](std::string_view text) {
    auto value = ParseCount(text);
    return value && *value >= range.min && *value <= range.max ? value : std::nullopt;
  };
  Option option = MakeOption<T>(std::move(name), targets, std::move(help), parse,
                                [](T value) { return std::to_string(value); });
  option.number = [target = targets.front()] { return static_cast<double>(*target); };
  option.allowed = AllowedCount(range);
  option.type = "NUMBER";
  return option;
}

// A value with a name each.
template <typename T>
Option Choice(std::string name, Targets<T> targets, std::vector<std::pair<std::string, T>> choices,
              std::string help) {
  auto parse = [choices](std::string_view text) -> std::optional<T> {
    for (const auto& [word, value] : choices) {
      if (word == text) return value;
    }
    return {};
  };
  auto format = [choices](const T& value) -> std::string {
    for (const auto& [word, choice] : choices) {
      if (choice == value) return word;
    }
    return "";
  };
  Option option =
      MakeOption<T>(std::move(name), std::move(targets), std::move(help), parse, format);
  for (const auto& [word, value] : choices) {
    option.allowed += option.allowed.empty() ? word : " or " + word;
    option.type += option.type.empty() ? word : "|" + word;
  }
  return option;
}

Option Real(std::string name, Targets<double> targets, double max, std::string help);
Option Time(std::string name, Targets<absl::Duration> targets, DurationRange range,
            std::string help);
Option Switch(std::string name, Targets<bool> targets, std::string help);
// At most `max` bytes without control characters.
Option Text(std::string name, Targets<std::string> targets, Range bytes, std::string help);
Option Address(std::string name, Targets<std::string> targets, std::string help);
Option List(std::string name, Targets<std::vector<std::string>> targets, std::string help);

}  // namespace sluice::config
