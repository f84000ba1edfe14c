// SPDX-License-Identifier: Apache-2.0
#include "gateway/server/addresses.h"

#include "absl/strings/str_cat.h"
#include "gateway/server/whole_file.h"

namespace sluice::server {

std::string Addresses::ToJson() const {
  return absl::StrCat(R"({"listen":")", listen, R"(","control":")", control, R"(","admin":")",
                      admin, "\"}\n");
}

absl::Status WriteAddressFile(const std::string& path, const Addresses& addresses) {
  return WriteWholeFile("address-file", path, addresses.ToJson());
}

}  // namespace sluice::server
