// SPDX-License-Identifier: Apache-2.0
#include "gateway/server/addresses.h"

#include <unistd.h>

#include <cstdio>
#include <fstream>

#include "absl/strings/str_cat.h"

namespace sluice::server {

std::string Addresses::ToJson() const {
  return absl::StrCat(R"({"listen":")", listen, R"(","control":")", control, R"(","admin":")",
                      admin, "\"}\n");
}

absl::Status WriteAddressFile(const std::string& path, const Addresses& addresses) {
  const std::string beside = absl::StrCat(path, ".", getpid());
  std::ofstream file(beside);
  file << addresses.ToJson();
  file.close();
  if (!file || std::rename(beside.c_str(), path.c_str()) != 0) {
    std::remove(beside.c_str());
    return absl::InvalidArgumentError(absl::StrCat("address-file: cannot write ", path,
                                                   "; use a file in a folder that can be written"));
  }
  return absl::OkStatus();
}

}  // namespace sluice::server
