// SPDX-License-Identifier: Apache-2.0
#include "gateway/protocol/msgpack/reader.h"

#include <simdjson.h>

#include <charconv>
#include <cmath>
#include <optional>
#include <utility>

#include "absl/time/time.h"
#include "gateway/protocol/json/text.h"

namespace sluice::protocol {
namespace {

using Type = MsgpackToken::Type;

constexpr std::string_view kNoUtf8 = "a string is no UTF-8";
constexpr int8_t kTimestampType = -1;
// 0000-01-01 and 10000-01-01: ISO 8601 has four digits for a year.
constexpr int64_t kYearsBegin = -62167219200;
constexpr int64_t kYearsEnd = 253402300800;

template <typename Number>
void AppendNumber(std::string& out, Number number) {
  char digits[32];
  out.append(digits, std::to_chars(digits, digits + sizeof(digits), number).ptr);
}

void AppendReal(std::string& out, double real) {
  if (std::isfinite(real)) return AppendNumber(out, real);
  out += "null";
}

uint64_t BigEndian(std::string_view bytes) {
  uint64_t number = 0;
  for (char byte : bytes) number = number << 8 | static_cast<uint8_t>(byte);
  return number;
}

// The three layouts of a timestamp, by size.
std::optional<absl::Time> ToTime(std::string_view bytes) {
  int64_t seconds = 0;
  uint64_t nanoseconds = 0;
  if (bytes.size() == 4) {
    seconds = static_cast<int64_t>(BigEndian(bytes));
  } else if (bytes.size() == 8) {
    uint64_t packed = BigEndian(bytes);
    seconds = static_cast<int64_t>(packed & 0x3ffffffff);
    nanoseconds = packed >> 34;
  } else if (bytes.size() == 12) {
    nanoseconds = BigEndian(bytes.substr(0, 4));
    seconds = static_cast<int64_t>(BigEndian(bytes.substr(4)));
  } else {
    return std::nullopt;
  }
  if (nanoseconds > 999999999 || seconds < kYearsBegin || seconds >= kYearsEnd) return std::nullopt;
  return absl::FromUnixSeconds(seconds) + absl::Nanoseconds(static_cast<int64_t>(nanoseconds));
}

}  // namespace

bool MsgpackReader::Fail(std::string_view what) {
  what_ = what;
  return false;
}

std::string MsgpackReader::AtOffset(std::string_view what) const {
  return std::string(what) + " at byte " + std::to_string(offset());
}

std::string MsgpackReader::Flaw() const { return AtOffset(what_); }

void MsgpackReader::Note(std::string_view what) {
  if (noted_.empty()) noted_ = AtOffset(what);
}

std::string MsgpackReader::TakeFlaw() { return std::exchange(noted_, {}); }

bool MsgpackReader::Read(MsgpackToken& token) {
  if (!ok()) return false;
  std::string_view what = ReadToken(rest_, token);
  return what.empty() || Fail(what);
}

bool MsgpackReader::Pass(const MsgpackToken& opening) {
  auto inside = [](const MsgpackToken& token) -> uint64_t {
    if (token.type == Type::kMap) return uint64_t{token.size} * 2;
    return token.type == Type::kArray ? token.size : 0;
  };
  MsgpackToken token;
  for (uint64_t left = inside(opening); left > 0; left += inside(token)) {
    if (!Read(token)) return false;
    --left;
  }
  return true;
}

bool MsgpackReader::ReadKey(std::string& key) {
  MsgpackToken token;
  if (!Read(token)) return false;
  if (token.type == Type::kUnsigned) {
    AppendNumber(key, token.number);
  } else if (token.type == Type::kNegative) {
    AppendNumber(key, static_cast<int64_t>(token.number));
  } else if (token.type != Type::kString) {
    Note("a map key is neither a string nor a whole number");
    return Pass(token);
  } else if (!simdjson::validate_utf8(token.bytes)) {
    Note(kNoUtf8);
  } else {
    key += token.bytes;
  }
  return true;
}

void MsgpackReader::Timestamp(std::string& json, const MsgpackToken& token) {
  bool known = token.extension == kTimestampType;
  std::optional<absl::Time> time = known ? ToTime(token.bytes) : std::nullopt;
  if (!time.has_value()) {
    json += "null";
    return Note(known ? "a timestamp is out of range" : "an extension type is unknown");
  }
  json += absl::FormatTime("\"%E4Y-%m-%dT%H:%M:%E3SZ\"", *time, absl::UTCTimeZone());
}

void MsgpackReader::Scalar(std::string& json, const MsgpackToken& token) {
  switch (token.type) {
    case Type::kNil:
      json += "null";
      return;
    case Type::kBool:
      json += token.truth ? "true" : "false";
      return;
    case Type::kUnsigned:
      return AppendNumber(json, token.number);
    case Type::kNegative:
      return AppendNumber(json, static_cast<int64_t>(token.number));
    case Type::kFloat:
      return AppendReal(json, token.real);
    case Type::kString:
      if (simdjson::validate_utf8(token.bytes)) return AppendQuoted(json, token.bytes);
      json += "null";
      return Note(kNoUtf8);
    case Type::kBinary:
      return AppendBase64(json, token.bytes);
    case Type::kUnused:
      json += "null";
      return Note("a byte 0xc1 means nothing");
    default:
      return Timestamp(json, token);
  }
}

// A scalar, or the opening of a container.
bool MsgpackReader::ReadValue(std::string& json, size_t depth_max, Levels& levels) {
  MsgpackToken token;
  if (!Read(token)) return false;
  bool map = token.type == Type::kMap;
  if (!map && token.type != Type::kArray) {
    Scalar(json, token);
    return true;
  }
  if (levels.size() >= depth_max) {
    json += "null";
    Note("the value is nested too deeply");
    return Pass(token);
  }
  json += map ? '{' : '[';
  levels.push_back({map ? '}' : ']', token.size});
  return true;
}

// The next value of the innermost container, or its end.
bool MsgpackReader::ReadItem(std::string& json, size_t depth_max, Levels& levels) {
  Level& level = levels.back();
  if (level.left == 0) {
    json += level.closer;
    levels.pop_back();
    return true;
  }
  --level.left;
  if (json.back() != '{' && json.back() != '[') json += ',';
  if (level.closer == '}') {
    std::string key;
    if (!ReadKey(key)) return false;
    AppendQuoted(json, key);
    json += ':';
  }
  return ReadValue(json, depth_max, levels);
}

bool MsgpackReader::ReadJson(std::string& json, size_t depth_max) {
  Levels levels;
  if (!ReadValue(json, depth_max, levels)) return false;
  while (!levels.empty()) {
    if (!ReadItem(json, depth_max, levels)) return false;
  }
  return true;
}

}  // namespace sluice::protocol
