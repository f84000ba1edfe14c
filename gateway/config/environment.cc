// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <regex>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "gateway/config/sources.h"

namespace sluice::config {
namespace {

constexpr char kPrefix[] = "SLUICE_";

// In a pod beside a service called sluice or sluice-something, Kubernetes sets these; they are not
// meant for us.
bool IsServiceLink(const std::string& name) {
  static constexpr char kPattern[] =
      "SLUICE(_[A-Z0-9_]+)?"
      "_(SERVICE_HOST|SERVICE_PORT(_[A-Z0-9_]+)?|PORT|PORT_[0-9]+_(TCP|UDP|SCTP)(_[A-Z]+)?)";
  return std::regex_match(name, std::regex(kPattern));
}

std::string OptionName(const std::string& variable) {
  std::string name = absl::AsciiStrToLower(variable.substr(sizeof(kPrefix) - 1));
  std::replace(name.begin(), name.end(), '_', '-');
  return name;
}

}  // namespace

absl::StatusOr<std::vector<Given>> ReadEnvironment(const std::vector<std::string>& environment,
                                                   const std::vector<Option>& options) {
  std::vector<Given> given;
  for (const std::string& entry : environment) {
    const size_t equals = entry.find('=');
    if (equals == std::string::npos || entry.rfind(kPrefix, 0) != 0) continue;
    const std::string variable = entry.substr(0, equals);
    const std::string name = OptionName(variable);
    const Option* option = FindOption(name, options);
    // Spelled exactly: SLUICE_outbox-bytes is not a second name of SLUICE_OUTBOX_BYTES.
    if (option != nullptr && VariableName(name) == variable) {
      given.push_back({name, entry.substr(equals + 1), variable});
    } else if (!IsServiceLink(variable)) {
      return absl::InvalidArgumentError(absl::StrCat(variable, ": unknown option",
                                                     Suggestion(name, options, VariableName),
                                                     "; --help lists them all"));
    }
  }
  return given;
}

}  // namespace sluice::config
