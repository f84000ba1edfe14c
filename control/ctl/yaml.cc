// SPDX-License-Identifier: Apache-2.0
#include "control/ctl/yaml.h"

#include <algorithm>

namespace sluice::ctl {
namespace {

constexpr size_t kStep = 2;

bool IsPlain(const std::string& key) {
  return !key.empty() &&
         std::all_of(key.begin(), key.end(),
                     [](char c) { return (c >= 'a' && c <= 'z') || c == '_'; }) &&
         key != "null" && key != "true" && key != "false" && key != "yes" && key != "no" &&
         key != "on" && key != "off" && key != "y" && key != "n";
}

bool IsBlock(const Json& value) { return value.is_structured() && !value.empty(); }

void Append(const Json& value, size_t indent, std::string& text);

// What stands behind "key:" or "-".
void AppendItem(const Json& value, size_t indent, bool in_list, std::string& text) {
  if (!IsBlock(value)) {
    text += " " + JsonLine(value) + "\n";
    return;
  }
  if (!in_list) {
    text += "\n";
    Append(value, indent, text);
    return;
  }
  // The first line of the block stands behind the dash.
  std::string block;
  Append(value, indent, block);
  text += " " + block.substr(indent);
}

void Append(const Json& value, size_t indent, std::string& text) {
  const std::string blanks(indent, ' ');
  if (!IsBlock(value)) {
    text += blanks + JsonLine(value) + "\n";
  } else if (value.is_array()) {
    for (const Json& item : value) {
      text += blanks + "-";
      AppendItem(item, indent + kStep, true, text);
    }
  } else {
    for (const auto& [key, item] : value.items()) {
      text += blanks + (IsPlain(key) ? key : JsonLine(Json(key))) + ":";
      AppendItem(item, indent + kStep, false, text);
    }
  }
}

}  // namespace

std::string YamlText(const Json& value, size_t indent) {
  std::string text;
  Append(value, indent, text);
  return text;
}

}  // namespace sluice::ctl
