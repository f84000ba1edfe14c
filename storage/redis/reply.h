// SPDX-License-Identifier: Apache-2.0
//
// What Redis answered, as a value. Whoever reads it says which shape it must have, and gets a
// status if it has another: nothing is taken for granted of what came from outside.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"

namespace sluice::storage::redis {

struct Reply {
  enum class Type { kNil, kInteger, kString, kError, kArray };

  Type type = Type::kNil;
  int64_t integer = 0;
  std::string text{};             // of a string; of an error, with its code
  std::vector<Reply> elements{};  // of an array

  bool is_nil() const { return type == Type::kNil; }
  bool is_error() const { return type == Type::kError; }
  // An error's first word, such as NOSCRIPT or ERR; empty: no error.
  std::string_view code() const;

  // INTERNAL: it is something else (or, an error: StatusOf).
  absl::StatusOr<int64_t> Integer() const;
  absl::StatusOr<std::string_view> Text() const;  // as long as the reply lives
  // An array with at least so many elements.
  absl::StatusOr<absl::Span<const Reply>> Elements(size_t least = 0) const;
};

// OK unless it is an error. The message is Redis' own and begins with the code.
//   RESOURCE_EXHAUSTED  OOM: it has no memory for writes
//   PERMISSION_DENIED   NOPERM, NOAUTH, WRONGPASS
//   UNAVAILABLE         may be better soon: LOADING, READONLY, MISCONF, BUSY, TRYAGAIN,
//   CLUSTERDOWN,
//                       MASTERDOWN, NOREPLICAS, and where a slot has gone (MOVED, ASK)
//   INTERNAL            any other: we asked for nonsense, or are not understood
absl::Status StatusOf(const Reply& reply);

}  // namespace sluice::storage::redis
