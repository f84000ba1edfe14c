// SPDX-License-Identifier: Apache-2.0
#include "gateway/server/whole_file.h"

#include <unistd.h>

#include <cstdio>
#include <fstream>

#include "absl/strings/str_cat.h"

namespace sluice::server {

absl::Status WriteWholeFile(const std::string& option, const std::string& path,
                            const std::string& text) {
  const std::string beside = absl::StrCat(path, ".", getpid());
  std::ofstream file(beside);
  file << text;
  file.close();
  if (!file || std::rename(beside.c_str(), path.c_str()) != 0) {
    std::remove(beside.c_str());
    return absl::InvalidArgumentError(absl::StrCat(option, ": cannot write ", path,
                                                   "; use a file in a folder that can be written"));
  }
  return absl::OkStatus();
}

}  // namespace sluice::server
