// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <numeric>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "gateway/config/sources.h"

namespace sluice::config {
namespace {

// How many letters must change to make one word of the other (Levenshtein).
size_t Distance(const std::string& a, const std::string& b) {
  std::vector<size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), 0);
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = row[0]++;
    for (size_t j = 1; j <= b.size(); ++j) {
      size_t change = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({change, row[j] + 1, row[j - 1] + 1});
    }
  }
  return row.back();
}

}  // namespace

const Option* FindOption(const std::string& name, const std::vector<Option>& options) {
  auto it = std::find_if(options.begin(), options.end(),
                         [&name](const Option& option) { return option.name == name; });
  return it == options.end() ? nullptr : &*it;
}

std::string FlagName(const std::string& name) { return "--" + name; }

std::string VariableName(const std::string& name) {
  std::string variable = "SLUICE_" + absl::AsciiStrToUpper(name);
  std::replace(variable.begin(), variable.end(), '-', '_');
  return variable;
}

std::string Suggestion(const std::string& name, const std::vector<Option>& options,
                       std::string (*show)(const std::string&)) {
  // Long garbage is not worth comparing.
  constexpr size_t kLengthMax = 64;
  if (name.size() > kLengthMax) return "";
  size_t best = std::max<size_t>(name.size() / 3, 2) + 1;
  const Option* closest = nullptr;
  for (const Option& option : options) {
    size_t distance = Distance(name, option.name);
    if (distance < best) {
      best = distance;
      closest = &option;
    }
  }
  return closest == nullptr ? "" : "; did you mean " + show(closest->name) + "?";
}

}  // namespace sluice::config
