// SPDX-License-Identifier: Apache-2.0
#include <yaml-cpp/yaml.h>

#include <filesystem>
#include <fstream>
#include <optional>
#include <set>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "gateway/config/sources.h"

namespace sluice::config {
namespace {

absl::Status Refuse(const std::string& where, const std::string& why) {
  return absl::InvalidArgumentError(absl::StrCat(where, ": ", why));
}

std::string Line(const std::string& path, const YAML::Mark& mark) {
  return absl::StrCat(path, ":", mark.line + 1);
}

std::string KeyName(const std::string& name) { return name; }

absl::StatusOr<YAML::Node> Load(const std::string& path) {
  std::ifstream file(path);
  // A directory can be opened, too.
  if (!file.is_open() || std::filesystem::is_directory(path)) {
    return Refuse("--config", absl::StrCat("cannot read ", path, "; use a YAML file"));
  }
  std::ostringstream text;
  text << file.rdbuf();
  try {
    return YAML::Load(text.str());
  } catch (const YAML::ParserException& error) {
    return Refuse(Line(path, error.mark), "not YAML: " + error.msg);
  }
}

// A value as the command line would give it: the parts of a list with commas between.
std::optional<std::string> TextOf(const YAML::Node& value, const Option& option) {
  if (value.IsScalar()) return value.Scalar();
  if (!value.IsSequence() || !option.is_list) return {};
  std::string joined;
  for (const YAML::Node& part : value) {
    if (!part.IsScalar() || part.Scalar().find(',') != std::string::npos) return {};
    absl::StrAppend(&joined, joined.empty() ? "" : ",", part.Scalar());
  }
  return joined;
}

absl::StatusOr<Given> ReadEntry(const std::string& path, const YAML::Node& key,
                                const YAML::Node& value, const std::vector<Option>& options) {
  const std::string name = key.IsScalar() ? key.Scalar() : "";
  const Option* option = FindOption(name, options);
  std::string origin = absl::StrCat(Line(path, key.Mark()), ": ", name);
  // A file that names another would leave open which of the two counts.
  if (option == nullptr || name == "config") {
    return Refuse(origin, absl::StrCat("unknown option", Suggestion(name, options, KeyName),
                                       "; --help lists them all"));
  }
  std::optional<std::string> text = TextOf(value, *option);
  if (!text) return Refuse(origin, "this value is not allowed; use " + option->allowed);
  return Given{name, *std::move(text), std::move(origin)};
}

}  // namespace

absl::StatusOr<std::vector<Given>> ReadFile(const std::string& path,
                                            const std::vector<Option>& options) {
  absl::StatusOr<YAML::Node> root = Load(path);
  if (!root.ok()) return root.status();
  std::vector<Given> given;
  if (root->IsNull()) return given;
  if (!root->IsMap()) return Refuse(path, "must be one map of options, such as listen: 0.0.0.0:80");
  std::set<std::string> seen;
  for (const auto& entry : *root) {
    absl::StatusOr<Given> one = ReadEntry(path, entry.first, entry.second, options);
    if (!one.ok()) return one.status();
    if (!seen.insert(one->name).second) return Refuse(one->origin, "is there twice; keep one");
    given.push_back(*std::move(one));
  }
  return given;
}

}  // namespace sluice::config
