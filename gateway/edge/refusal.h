// SPDX-License-Identifier: Apache-2.0
//
// Why a request on the public port got an HTTP answer instead of a WebSocket,
// and that answer.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/time/time.h"

namespace sluice::edge {

enum class Refusal : uint8_t {
  kMalformed,       // no HTTP/1.1 request, or a broken upgrade
  kOrigin,          // the page's origin is not allowed
  kNoRoute,         // no dialect is served there
  kMethod,          // not GET
  kTimeout,         // --handshake-timeout
  kTargetTooLong,   // --target-bytes
  kNotWebSocket,    // a plain GET where a WebSocket is served
  kVersion,         // not version 13
  kHeaderBytes,     // --header-bytes
  kHeaderCount,     // --header-count
  kConnectionsMax,  // --connections-max
  kAcceptRate,      // --accepts-per-second
  kProxyHeader,     // no PROXY header where --proxy-protocol wants one, or a broken one
  kDescriptors,     // --descriptors-reserve
  kOverloaded,      // --thread-tasks-max
  kDraining,        // a drain refuses the namespace, or the node is stopping
};
inline constexpr int kRefusalCount = static_cast<int>(Refusal::kDraining) + 1;

// Metric label.
std::string_view LabelOf(Refusal refusal);
// Which option would let such a client in; empty: none.
std::string_view HintOf(Refusal refusal);
int StatusOf(Refusal refusal);

struct RefusalDetail {
  bool head = false;                              // the request was HEAD, whose answer has no body
  absl::Duration retry_after = absl::Seconds(1);  // for a 503
  std::string text;                               // one line instead of the usual one
};

// A whole response, after which the connection ends.
std::string RenderRefusal(Refusal refusal, const RefusalDetail& detail);

}  // namespace sluice::edge
