// SPDX-License-Identifier: Apache-2.0
#include "gateway/server/file_contents.h"

#include <fstream>
#include <utility>

#include "absl/hash/hash.h"

namespace sluice::server {
namespace {

constexpr std::streamsize kBytesMax = 1 << 20;  // of a file that are looked at

std::pair<bool, std::string> ContentsOf(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return {false, ""};
  std::string bytes(kBytesMax, '\0');
  file.read(bytes.data(), kBytesMax);
  bytes.resize(static_cast<size_t>(file.gcount()));
  return {true, std::move(bytes)};
}

}  // namespace

void FileContents::Watch(std::vector<std::string> paths) {
  paths_ = std::move(paths);
  seen_ = Read();
}

bool FileContents::Changed() {
  const uint64_t now = Read();
  return std::exchange(seen_, now) != now;
}

uint64_t FileContents::Read() const {
  std::vector<std::pair<bool, std::string>> contents;
  contents.reserve(paths_.size());
  for (const std::string& path : paths_) contents.push_back(ContentsOf(path));
  return absl::HashOf(contents);
}

}  // namespace sluice::server
