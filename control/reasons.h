// SPDX-License-Identifier: Apache-2.0
//
// The reasons that an ErrorInfo of ours may carry. They are listed so that each is counted from the
// start (a counter that is born at 1 shows no rise), and so that there are never more of them.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <string_view>

namespace sluice::control {

// In order. tools/check_metrics.py compares them with what the sources say.
inline constexpr std::array<std::string_view, 55> kReasons = {
    "ACCESS_CONFLICT",
    "ACCESS_INVALID",
    "CALLER_TOO_SLOW",
    "CALL_UNKNOWN",
    "CHANNEL_INVALID",
    "CLAIMS_INVALID",
    "CLIENT_CALLS_EXHAUSTED",
    "CLUSTER_OVERLOADED",
    "CODE_INVALID",
    "CONNECTION_NOT_FOUND",
    "CONTEXT_INVALID",
    "DRAINING",
    "DRAINS_EXHAUSTED",
    "DRAIN_ENDED",
    "DRAIN_ID_TAKEN",
    "DRAIN_NOT_FOUND",
    "EVENTS_GONE",
    "FIELD_INVALID",
    "GOODBYE_SAID",
    "GRACE_INVALID",
    "HELLO_EXPECTED",
    "JITTER_INVALID",
    "MALFORMED",
    "MESSAGE_INVALID",
    "MESSAGE_TOO_LARGE",
    "METHOD_INVALID",
    "NAMESPACE_INVALID",
    "NAME_INVALID",
    "NAME_RESERVED",
    "NODES_UNREACHABLE",
    "NO_SIGNING_KEY",
    "OVERLOADED",
    "PACE_INVALID",
    "PAGE_SIZE_INVALID",
    "PAGE_TOKEN_INVALID",
    "REASON_TOO_LONG",
    "RECONNECT_WINDOW_INVALID",
    "REFUSE_NEEDS_WHOLE_NAMESPACE",
    "REGISTRATIONS_EXHAUSTED",
    "REQUEST_TOO_LARGE",
    "ROLE_INVALID",
    "SCOPE_INVALID",
    "SELECTOR_INVALID",
    "SELECTOR_TOO_LARGE",
    "SHUTTING_DOWN",
    "SUBSCRIBERS_EXHAUSTED",
    "TIMEOUT_INVALID",
    "TIME_LIMIT_INVALID",
    "TOKEN_INVALID",
    "TYPE_INVALID",
    "UPDATE_INVALID",
    "VERSION_UNSUPPORTED",
    "WATCHERS_EXHAUSTED",
    "WORKERS_EXHAUSTED",
    "WORKER_MESSAGE_TOO_LARGE",
};

// The place in kReasons, or their number: a node of another release may know other reasons.
inline size_t IndexOfReason(std::string_view reason) {
  const auto* found = std::lower_bound(kReasons.begin(), kReasons.end(), reason);
  return found != kReasons.end() && *found == reason ? found - kReasons.begin() : kReasons.size();
}

}  // namespace sluice::control
