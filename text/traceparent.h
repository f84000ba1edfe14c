// SPDX-License-Identifier: Apache-2.0
//
// Where somebody's trace goes on (W3C Trace Context): "00-<trace id>-<parent id>-<flags>".
#pragma once

#include <string_view>

namespace sluice::text {

inline constexpr std::string_view kTraceparentHeader = "traceparent";

// `header`, if it is one that may be passed on (W3C Trace Context 3.2): of version 00, or of a
// later one without what that has added behind; empty: it is none.
std::string_view Traceparent(std::string_view header);

// The 32 digits of its trace; of none: empty.
std::string_view TraceIdOf(std::string_view traceparent);

}  // namespace sluice::text
