// SPDX-License-Identifier: Apache-2.0
//
// The config file: contexts by name, as kubectl has them, and which of them is used.
//
//   current-context: production
//   contexts:
//     production:
//       address: sluice.internal:50051
//       tls-ca: /etc/sluice/ca.pem
//       token-file: /home/me/.config/sluice/token
#pragma once

#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace sluice::ctl {

using Context = std::map<std::string, std::string>;

struct ConfigFile {
  std::string current;
  std::map<std::string, Context> contexts;
};

// A file that is not there is an empty one. INVALID_ARGUMENT: a line that names file and key.
absl::StatusOr<ConfigFile> ReadConfigFile(const std::string& path);

// What is written in it. `path` is for messages.
absl::StatusOr<ConfigFile> ParseConfig(const std::string& text, const std::string& path);

// The text with another current context; everything else stays as it is, comments too.
std::string WithCurrentContext(const std::string& text, const std::string& name);

// Writes `text` in the place of what is there, as a whole or not at all.
absl::Status ReplaceFile(const std::string& path, const std::string& text);

}  // namespace sluice::ctl
