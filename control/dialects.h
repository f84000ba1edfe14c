// SPDX-License-Identifier: Apache-2.0
//
// sluice.v1.Dialect and the hub's DialectId are the same languages under two numbers: the enum's
// value is the id plus one (hub::DialectTraits).
#pragma once

#include <optional>

#include "gateway/hub/dialect.h"
#include "sluice/v1/types.pb.h"

namespace sluice::control {

// Nothing for what is no dialect, DIALECT_UNSPECIFIED included.
inline std::optional<hub::DialectId> ToDialectId(int value) {
  if (value <= v1::DIALECT_UNSPECIFIED || !v1::Dialect_IsValid(value)) return std::nullopt;
  return static_cast<hub::DialectId>(value - 1);
}

inline v1::Dialect ToDialect(hub::DialectId id) {
  return v1::Dialect_IsValid(id + 1) ? static_cast<v1::Dialect>(id + 1) : v1::DIALECT_UNSPECIFIED;
}

}  // namespace sluice::control
