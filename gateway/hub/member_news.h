// SPDX-License-Identifier: Apache-2.0
//
// Who came and who left, as those are told who see it: encoded once for each dialect, however many
// they are, and framed in a row, so that a viewer gets all of it by one append and one write.
// Single-threaded, short-lived.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/types/span.h"
#include "gateway/hub/dialect.h"
#include "gateway/hub/message.h"
#include "storage/presence.h"

namespace sluice::hub {

class MemberNews {
 public:
  // In the order in which they happened; they outlive this.
  explicit MemberNews(absl::Span<const storage::PresenceChange> changes);

  // Frames for `viewer`, who knows the first `known` of the changes already; null: nothing is new.
  // Nobody is told of himself.
  struct Frames {
    SharedFrame bytes;
    size_t count = 0;
  };
  Frames For(const Dialect& dialect, std::string_view viewer, size_t known);

 private:
  const std::vector<std::string>& Encoded(const Dialect& dialect);

  absl::Span<const storage::PresenceChange> changes_;
  absl::flat_hash_set<std::string_view> ids_;
  std::map<DialectId, std::vector<std::string>> encoded_;  // a frame a change
  std::map<std::pair<DialectId, size_t>, Frames> joined_;  // by how many are known
};

}  // namespace sluice::hub
