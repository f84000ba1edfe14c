// SPDX-License-Identifier: Apache-2.0
//
// The secrets that the nodes of a cluster share (--cluster-keys), so that whoever else may publish
// in Redis is not taken for a node. The first one signs, each one verifies: a new key is first
// added at the end on every node, then moved to the front, and the old one is removed last.
//
// Without any key nothing is signed and everything is believed. Thread-safe.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace sluice::storage::redis {

class ClusterKeys {
 public:
  static constexpr size_t kSecretBytesMin = 16;
  static constexpr size_t kKeysMax = 8;  // each foreign message is tried with every key

  ClusterKeys() = default;
  // INVALID_ARGUMENT: a secret is too short, or there are too many. The secrets are not shown.
  static absl::StatusOr<ClusterKeys> Make(std::vector<std::string> secrets);

  // Of `text` on `channel`: HMAC-SHA256, 32 bytes; empty without a key.
  std::string Sign(std::string_view channel, std::string_view text) const;
  bool Verify(std::string_view channel, std::string_view text, std::string_view mac) const;

 private:
  std::vector<std::string> secrets_;
};

}  // namespace sluice::storage::redis
