// SPDX-License-Identifier: Apache-2.0
#include "control/tokens.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "control/file.h"

namespace sluice::control {
namespace {

constexpr size_t kTokenMin = 16;  // bytes; less can be guessed
constexpr size_t kTokenMax = 4096;
constexpr size_t kTokensMax = 100;
constexpr std::string_view kScheme = "bearer ";

absl::Status FileError(std::string_view message) {
  return absl::InvalidArgumentError(absl::StrCat("control-token-file: ", std::string(message)));
}

bool IsToken(std::string_view text) {
  return text.size() >= kTokenMin && text.size() <= kTokenMax &&
         std::all_of(text.begin(), text.end(), [](char c) { return c > 0x20 && c < 0x7f; });
}

// Looks at every byte of `given`, whatever it finds.
bool EqualInConstantTime(std::string_view given, std::string_view token) {
  volatile size_t difference = given.size() ^ token.size();
  for (size_t i = 0; i < given.size(); ++i) {
    difference = difference | static_cast<unsigned char>(given[i] ^ token[i % token.size()]);
  }
  return difference == 0;
}

}  // namespace

absl::Status Tokens::Load() {
  if (!required()) return absl::OkStatus();
  auto text = ReadFile(path_, "control-token-file");
  if (!text.ok()) return text.status();
  auto tokens = std::make_shared<std::vector<std::string>>();
  for (absl::string_view line : absl::StrSplit(*text, '\n')) {
    line = absl::StripAsciiWhitespace(line);
    if (line.empty() || line.front() == '#') continue;
    if (!IsToken({line.data(), line.size()})) {
      return FileError("a token has 16 to 4096 printable characters and no spaces");
    }
    tokens->push_back(std::string(line));
  }
  if (tokens->empty()) return FileError("holds no token");
  if (tokens->size() > kTokensMax) return FileError("holds more than 100 tokens");
  absl::MutexLock lock(&mutex_);
  tokens_ = std::move(tokens);
  return absl::OkStatus();
}

bool Tokens::Admit(std::string_view header) const {
  if (!required()) return true;
  if (header.size() <= kScheme.size() || header.size() > kScheme.size() + kTokenMax) return false;
  std::string scheme(header.substr(0, kScheme.size()));
  if (!absl::EqualsIgnoreCase(scheme, std::string(kScheme))) return false;
  std::shared_ptr<const std::vector<std::string>> tokens;
  {
    absl::MutexLock lock(&mutex_);
    tokens = tokens_;
  }
  bool found = false;
  for (size_t i = 0; tokens && i < tokens->size(); ++i) {
    found |= EqualInConstantTime(header.substr(kScheme.size()), (*tokens)[i]);
  }
  return found;
}

}  // namespace sluice::control
