// SPDX-License-Identifier: Apache-2.0
#include "text/traceparent.h"

#include <algorithm>

namespace sluice::text {
namespace {

constexpr size_t kTraceAt = 3;
constexpr size_t kTraceDigits = 32;
constexpr size_t kParentAt = 36;
constexpr size_t kParentDigits = 16;
constexpr size_t kFlagsAt = 53;
constexpr size_t kSize = 55;

bool IsHex(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

bool IsZero(std::string_view text) { return text.find_first_not_of('0') == std::string_view::npos; }

}  // namespace

std::string_view Traceparent(std::string_view header) {
  if (header.size() < kSize) return {};
  const std::string_view version = header.substr(0, 2);
  const std::string_view trace = header.substr(kTraceAt, kTraceDigits);
  const std::string_view parent = header.substr(kParentAt, kParentDigits);
  if (!IsHex(version) || version == "ff" || !IsHex(trace) || IsZero(trace) || !IsHex(parent) ||
      IsZero(parent) || !IsHex(header.substr(kFlagsAt, 2))) {
    return {};
  }
  if (header[kTraceAt - 1] != '-' || header[kParentAt - 1] != '-' || header[kFlagsAt - 1] != '-') {
    return {};
  }
  if (header.size() > kSize && (version == "00" || header[kSize] != '-')) return {};
  return header.substr(0, kSize);
}

std::string_view TraceIdOf(std::string_view traceparent) {
  return traceparent.size() < kSize ? std::string_view()
                                    : traceparent.substr(kTraceAt, kTraceDigits);
}

}  // namespace sluice::text
