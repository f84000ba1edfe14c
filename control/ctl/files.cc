// SPDX-License-Identifier: Apache-2.0
#include "control/ctl/files.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "absl/strings/str_cat.h"

namespace sluice::ctl {
namespace {

absl::Status Failed(const std::string& path) {
  const int error = errno;
  const std::string text = absl::StrCat(path, ": ", strerror(error));
  return error == ENOENT ? absl::NotFoundError(text) : absl::InvalidArgumentError(text);
}

absl::StatusOr<std::string> ReadAll(int descriptor, const std::string& path, size_t bytes_max) {
  std::string text;
  std::array<char, 65536> buffer;
  for (;;) {
    const ssize_t got = read(descriptor, buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return Failed(path);
    if (got == 0) return text;
    text.append(buffer.data(), static_cast<size_t>(got));
    if (text.size() > bytes_max) {
      return absl::InvalidArgumentError(absl::StrCat(path, ": more than ", bytes_max, " bytes"));
    }
  }
}

}  // namespace

absl::StatusOr<std::string> ReadFile(const std::string& path, size_t bytes_max, bool input) {
  if (input && path == "-") return ReadAll(STDIN_FILENO, "the standard input", bytes_max);
  const int descriptor = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return Failed(path);
  auto text = ReadAll(descriptor, path, bytes_max);
  close(descriptor);
  return text;
}

}  // namespace sluice::ctl
