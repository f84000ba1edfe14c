// SPDX-License-Identifier: Apache-2.0
//
// The bearer tokens that callers may present: a file, one token a line (several while they are
// being rotated), "#" starts a comment line.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"

namespace sluice::control {

// Thread-safe.
class Tokens {
 public:
  // An empty path: everybody may come.
  explicit Tokens(std::string path) : path_(std::move(path)) {}

  bool required() const { return !path_.empty(); }

  // Reads the file (again). On failure, what was read before stays valid. Errors name
  // control-token-file and never a token.
  absl::Status Load();

  // `header` is the value of "authorization": "Bearer <token>". Takes as long whichever token it
  // resembles.
  bool Admit(std::string_view header) const;

 private:
  const std::string path_;
  mutable absl::Mutex mutex_;
  std::shared_ptr<const std::vector<std::string>> tokens_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace sluice::control
