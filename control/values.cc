// SPDX-License-Identifier: Apache-2.0
#include "control/values.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "control/limits.h"
#include "control/status.h"
#include "gateway/hub/close.h"
#include "text/utf8.h"

namespace sluice::control {
namespace {

constexpr int kChannelsMax = 100;
constexpr int64_t kYear1 = -62135596800;     // seconds since the epoch
constexpr int64_t kYear9999 = 253402300799;  // its last second
constexpr int64_t kDurationMax = 315576000000;
constexpr int32_t kNanosMax = 999999999;

// What a backend may choose: not those that speak of a broken protocol (RFC 6455 7.4).
bool IsBackendCode(uint32_t code) {
  return code == 1000 || code == 1001 || code == 1008 || (code >= 1011 && code <= 1013) ||
         (code >= 3000 && code <= 4999);
}

bool IsControl(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }

}  // namespace

bool IsNameOrEmpty(std::string_view text, size_t max) {
  return text.size() <= max && std::none_of(text.begin(), text.end(), IsControl);
}

bool IsName(std::string_view text, size_t max) { return !text.empty() && IsNameOrEmpty(text, max); }

absl::Status CheckNamespace(std::string_view name, std::string_view field) {
  if (IsName(name, kNameMax)) return absl::OkStatus();
  return Invalid("NAMESPACE_INVALID", field,
                 "a namespace has 1 to 255 bytes and no control characters");
}

absl::Status CheckChannels(const google::protobuf::RepeatedPtrField<std::string>& channels,
                           size_t name_max) {
  if (channels.empty() || channels.size() > kChannelsMax) {
    return Invalid("CHANNEL_INVALID", "channels", "1 to 100 channels are wanted");
  }
  for (const std::string& channel : channels) {
    if (IsName(channel, name_max)) continue;
    return Invalid(
        "CHANNEL_INVALID", "channels",
        absl::StrCat("a channel has 1 to ", name_max, " bytes and no control characters"));
  }
  return absl::OkStatus();
}

std::optional<absl::Time> ToTime(const google::protobuf::Timestamp& proto) {
  if (proto.seconds() < kYear1 || proto.seconds() > kYear9999) return std::nullopt;
  if (proto.nanos() < 0 || proto.nanos() > kNanosMax) return std::nullopt;
  return absl::FromUnixSeconds(proto.seconds()) + absl::Nanoseconds(proto.nanos());
}

google::protobuf::Timestamp ToProto(absl::Time time) {
  google::protobuf::Timestamp proto;
  int64_t seconds = std::clamp(absl::ToUnixSeconds(time), kYear1, kYear9999);
  absl::Duration rest = time - absl::FromUnixSeconds(seconds);
  proto.set_seconds(seconds);
  proto.set_nanos(
      static_cast<int32_t>(std::clamp<int64_t>(absl::ToInt64Nanoseconds(rest), 0, kNanosMax)));
  return proto;
}

std::optional<absl::Duration> ToDuration(const google::protobuf::Duration& proto) {
  int64_t seconds = proto.seconds();
  int32_t nanos = proto.nanos();
  if (seconds < -kDurationMax || seconds > kDurationMax) return std::nullopt;
  if (nanos < -kNanosMax || nanos > kNanosMax) return std::nullopt;
  if ((seconds < 0 && nanos > 0) || (seconds > 0 && nanos < 0)) return std::nullopt;
  return absl::Seconds(seconds) + absl::Nanoseconds(nanos);
}

google::protobuf::Duration ToProto(absl::Duration duration) {
  const timespec parts = absl::ToTimespec(std::max(duration, absl::ZeroDuration()));
  google::protobuf::Duration proto;
  proto.set_seconds(parts.tv_sec);
  proto.set_nanos(static_cast<int32_t>(parts.tv_nsec));
  return proto;
}

void PutText(TextMap* map, std::string key, std::string value) {
  (*map)[text::ToUtf8(std::move(key))] = text::ToUtf8(std::move(value));
}

absl::Status CheckClose(uint32_t code, std::string_view reason) {
  if (code != 0 && !IsBackendCode(code)) {
    return Invalid("CODE_INVALID", "code",
                   "a close code is 1000, 1001, 1008, 1011 to 1013, or 3000 to 4999");
  }
  if (reason.size() > hub::kCloseReasonMax) {
    return Invalid("REASON_TOO_LONG", "reason", "a close reason has at most 123 bytes");
  }
  return absl::OkStatus();
}

}  // namespace sluice::control
