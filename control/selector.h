// SPDX-License-Identifier: Apache-2.0
//
// sluice.v1.Selector as the hub wants it: checked, without duplicates.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "control/limits.h"
#include "gateway/hub/selector.h"
#include "sluice/v1/types.pb.h"

namespace sluice::control {

// `node` is this node's name: decides Selector.elsewhere.
//   INVALID_ARGUMENT    NAMESPACE_INVALID, SELECTOR_INVALID, with the field's path
//   RESOURCE_EXHAUSTED  SELECTOR_TOO_LARGE
absl::StatusOr<hub::Selector> ToSelector(const v1::Selector& proto, std::string_view node,
                                         const Limits& limits);

// Whether it names a namespace and nothing else.
bool IsWholeNamespace(const v1::Selector& proto);

// The same for equal messages, on every node and in every version that has the same fields.
uint64_t Fingerprint(const google::protobuf::MessageLite& message);

}  // namespace sluice::control
