// SPDX-License-Identifier: Apache-2.0
#include "gateway/config/option.h"

#include <algorithm>
#include <optional>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "text/utf8.h"

namespace sluice::config {
namespace {

bool IsPlain(std::string_view text) {
  auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; };
  return text::IsUtf8(text) && std::none_of(text.begin(), text.end(), is_control);
}

}  // namespace

std::string AllowedSize(Range range) {
  return absl::StrCat("a size from ", FormatSize(range.min), " to ", FormatSize(range.max),
                      ", such as 64KiB");
}

std::string AllowedCount(Range range) {
  return absl::StrCat("a whole number from ", range.min, " to ", range.max);
}

std::string AllowedReal(double max) { return "a number from 0 to " + FormatReal(max); }

Option Real(std::string name, Targets<double> targets, double max, std::string help) {
  auto parse = [max](std::string_view text) {
    auto value = ParseReal(text);
    return value && *value <= max ? value : std::nullopt;
  };
  Option option = MakeOption<double>(std::move(name), targets, std::move(help), parse, FormatReal);
  option.number = [target = targets.front()] { return *target; };
  option.allowed = AllowedReal(max);
  option.type = "NUMBER";
  return option;
}

Option Time(std::string name, Targets<absl::Duration> targets, DurationRange range,
            std::string help) {
  auto parse = [range](std::string_view text) {
    auto value = ParseDuration(text);
    return value && *value >= range.min && *value <= range.max ? value : std::nullopt;
  };
  Option option =
      MakeOption<absl::Duration>(std::move(name), targets, std::move(help), parse,
                                 [](absl::Duration value) { return absl::FormatDuration(value); });
  option.number = [target = targets.front()] { return absl::ToDoubleSeconds(*target); };
  option.allowed = absl::StrCat("a duration from ", absl::FormatDuration(range.min), " to ",
                                absl::FormatDuration(range.max), ", such as 10s, 500ms or 2m");
  option.type = "DURATION";
  return option;
}

Option Switch(std::string name, Targets<bool> targets, std::string help) {
  Option option =
      MakeOption<bool>(std::move(name), std::move(targets), std::move(help), ParseSwitch,
                       [](bool on) { return std::string(on ? "true" : "false"); });
  option.allowed = "true or false";
  option.is_switch = true;
  return option;
}

Option Text(std::string name, Targets<std::string> targets, Range bytes, std::string help) {
  auto parse = [bytes](std::string_view text) -> std::optional<std::string> {
    if (text.size() < bytes.min || text.size() > bytes.max || !IsPlain(text)) return {};
    return std::string(text);
  };
  Option option = MakeOption<std::string>(std::move(name), targets, std::move(help), parse,
                                          [](const std::string& value) { return value; });
  option.yaml = [target = targets.front()] { return Quote(*target); };
  option.allowed = absl::StrCat("a text of ", bytes.min, " to ", bytes.max,
                                " bytes in UTF-8 without control characters");
  option.type = "TEXT";
  return option;
}

Option Address(std::string name, Targets<std::string> targets, std::string help) {
  auto parse = [](std::string_view text) -> std::optional<std::string> {
    return IsAddress(text) ? std::optional(std::string(text)) : std::nullopt;
  };
  Option option = MakeOption<std::string>(std::move(name), targets, std::move(help), parse,
                                          [](const std::string& value) { return value; });
  option.yaml = [target = targets.front()] { return Quote(*target); };
  option.allowed =
      "ADDRESS:PORT, such as 0.0.0.0:8080, [::1]:8080 or "
      "127.0.0.1:0 (any free port)";
  option.type = "ADDRESS:PORT";
  return option;
}

Option List(std::string name, Targets<std::vector<std::string>> targets, std::string help) {
  using Parts = std::vector<std::string>;
  auto parse = [](std::string_view text) -> std::optional<Parts> {
    if (!text::IsUtf8(text)) return {};
    return ParseList(text);
  };
  Option option = MakeOption<Parts>(std::move(name), targets, std::move(help), parse,
                                    [](const Parts& parts) { return absl::StrJoin(parts, ","); });
  option.yaml = [target = targets.front()] {
    auto quote = [](std::string* out, const std::string& part) { out->append(Quote(part)); };
    return "[" + absl::StrJoin(*target, ", ", quote) + "]";
  };
  option.allowed = "a comma-separated list in UTF-8";
  option.type = "A,B,...";
  option.is_list = true;
  return option;
}

}  // namespace sluice::config
