// SPDX-License-Identifier: Apache-2.0
//
// Bodies: bytes that pass through. JSON is checked here, once, so that nobody behind needs to.
#pragma once

#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "control/limits.h"
#include "gateway/hub/fault.h"
#include "gateway/hub/types.h"
#include "sluice/v1/types.pb.h"

namespace sluice::control {

// Whether `text` is exactly one JSON text (RFC 8259) in valid UTF-8, nested at most `depth_max`
// deep.
bool IsJson(std::string_view text, size_t depth_max);

// What a body may be; `option` is the name of its bound.
struct BodyBound {
  size_t bytes_max;
  std::string_view option;
  size_t depth_max;
};
// Of what backends send.
inline BodyBound SendBound(const Limits& limits) {
  return {limits.send_bytes_max, "--send-bytes-max", limits.depth_max};
}
// Of what workers answer.
inline BodyBound ResultBound(const Limits& limits) {
  return {limits.worker_result_bytes, "--worker-result-bytes", limits.depth_max};
}

// INVALID_ARGUMENT: MESSAGE_INVALID, MESSAGE_TOO_LARGE.
absl::StatusOr<hub::Payload> ToPayload(v1::Body body, std::string_view field,
                                       const BodyBound& bound);
// `msgpack`: as MessagePack if that is how it came.
void FillBody(hub::Payload payload, v1::Body* body, bool msgpack = false);
// What FillBody put there.
hub::Payload TakeBody(v1::Body* body);

// Without effect on `data_json` beyond the checks of ToPayload.
absl::StatusOr<hub::CallError> ToCallError(const v1::CallError& proto, const BodyBound& bound);
void FillCallError(hub::CallError error, v1::CallError* proto);

}  // namespace sluice::control
