// SPDX-License-Identifier: Apache-2.0
//
// Checks and conversions of single values that many messages contain.
#pragma once

#include <google/protobuf/duration.pb.h>
#include <google/protobuf/map.h>
#include <google/protobuf/timestamp.pb.h>

#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "sluice/v1/types.pb.h"

namespace sluice::control {

// 1 to `max` bytes without control characters. (That strings are UTF-8, protobuf has checked.)
bool IsName(std::string_view text, size_t max);
// The same, or empty.
bool IsNameOrEmpty(std::string_view text, size_t max);

// NAMESPACE_INVALID.
absl::Status CheckNamespace(std::string_view name, std::string_view field);
// CHANNEL_INVALID: 1 to 100 names.
absl::Status CheckChannels(const google::protobuf::RepeatedPtrField<std::string>& channels,
                           size_t name_max);

// Nothing if it is outside of years 1 to 9999 or its nanos are no nanos.
std::optional<absl::Time> ToTime(const google::protobuf::Timestamp& proto);
google::protobuf::Timestamp ToProto(absl::Time time);

// Nothing if it is outside of +-10000 years or its parts disagree.
std::optional<absl::Duration> ToDuration(const google::protobuf::Duration& proto);
// A negative one is zero.
google::protobuf::Duration ToProto(absl::Duration duration);

// The only way into a map of strings: as text::ToUtf8 for single ones.
using TextMap = google::protobuf::Map<std::string, std::string>;
void PutText(TextMap* map, std::string key, std::string value);

// CODE_INVALID, REASON_TOO_LONG; code 0 is fine.
absl::Status CheckClose(uint32_t code, std::string_view reason);

}  // namespace sluice::control
