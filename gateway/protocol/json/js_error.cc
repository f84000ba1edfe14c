// SPDX-License-Identifier: Apache-2.0
#include "gateway/protocol/json/js_error.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "gateway/protocol/json/members.h"
#include "gateway/protocol/json/text.h"

namespace sluice::protocol {
namespace {

using hub::CallError;

std::string TextOf(std::string_view json) {
  return KindOf(json) == JsonKind::kString ? Unquote(json) : std::string(json);
}

bool TakeCode(std::string_view json, CallError& error) {
  std::optional<int64_t> number = ToWhole(json);
  if (!number.has_value() || !std::in_range<int32_t>(*number)) return false;
  error.code = static_cast<int32_t>(*number);
  return true;
}

// False: it is one of the fields that a CallError has no place for.
bool TakeField(std::string_view key, std::string_view value, CallError& error) {
  if (key == "name") {
    error.name = TextOf(value);
  } else if (key == "message") {
    error.message = TextOf(value);
  } else {
    return key == "code" && TakeCode(value, error);
  }
  return true;
}

}  // namespace

CallError FromJsError(std::string_view json) {
  CallError error;
  if (KindOf(json) != JsonKind::kObject) {
    error.message = TextOf(json);
    error.data_json = json;
    return error;
  }
  std::string fields;
  JsonWriter writer(fields);
  writer.Map(0);
  bool any = false;
  ForEachMember(json, [&](std::string_view key, std::string_view value) {
    if (TakeField(key, value, error)) return;
    writer.Key(key);
    writer.Raw(value);
    any = true;
  });
  writer.Close();
  if (any) error.data_json = std::move(fields);
  return error;
}

void WriteJsErrorFields(JsonWriter& writer, std::string_view data_json,
                        std::initializer_list<std::string_view> except) {
  if (data_json.empty()) return;
  bool is_object = ForEachMember(data_json, [&](std::string_view key, std::string_view value) {
    if (key == "stack" || std::find(except.begin(), except.end(), key) != except.end()) return;
    writer.Key(key);
    writer.Raw(value);
  });
  if (is_object) return;
  writer.Key("data");
  writer.Raw(data_json);
}

bool IsBareValue(const CallError& error) {
  return error.fault == hub::Fault::kApplication && error.code == 0 && error.name.empty() &&
         error.message.empty() && !error.data_json.empty();
}

}  // namespace sluice::protocol
