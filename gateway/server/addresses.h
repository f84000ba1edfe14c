// SPDX-License-Identifier: Apache-2.0
//
// Where the node listens, for whoever started it with port 0.
#pragma once

#include <string>

#include "absl/status/status.h"

namespace sluice::server {

struct Addresses {
  std::string listen;
  std::string control;
  std::string admin;

  // {"listen":"127.0.0.1:8080","control":"...","admin":"..."}
  std::string ToJson() const;
};

// Replaces the file at once, so that a reader finds either nothing or everything.
absl::Status WriteAddressFile(const std::string& path, const Addresses& addresses);

}  // namespace sluice::server
