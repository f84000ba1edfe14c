// SPDX-License-Identifier: Apache-2.0
#include "control/file.h"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>

#include "absl/strings/str_cat.h"

namespace sluice::control {
namespace {
constexpr size_t kFileMax = 1 << 20;
}  // namespace

absl::StatusOr<std::string> ReadFile(const std::string& path, std::string_view option) {
  auto error = [&](std::string_view why) {
    return absl::InvalidArgumentError(
        absl::StrCat(std::string(option), ": ", path, ": ", std::string(why)));
  };
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  if (!file) return error(std::strerror(errno));
  std::string text(kFileMax + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (file.bad()) return error(std::strerror(errno));
  text.resize(static_cast<size_t>(file.gcount()));
  if (text.size() > kFileMax) return error("larger than 1 MiB");
  return text;
}

}  // namespace sluice::control
