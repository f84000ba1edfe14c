// SPDX-License-Identifier: Apache-2.0
#include "gateway/protocol/rpc/params.h"

#include <limits>
#include <utility>

#include "gateway/protocol/json/members.h"
#include "gateway/protocol/json/text.h"
#include "gateway/protocol/rpc/envelope.h"

namespace sluice::protocol {
namespace {

hub::Verb Invalid(hub::Fault fault, std::string_view what) {
  return hub::Malformed{ErrorSaying(fault, what)};
}

// The values of an array, as text.
std::vector<std::string> ReadArray(std::string_view json) {
  std::vector<std::string> values;
  ForEachValue(json, [&](std::string_view value) { values.emplace_back(value); });
  return values;
}

// The members of an object that are named, as text; the last of equals counts.
template <typename... Member>
void ReadMembers(std::string_view json, Member... members) {
  ForEachMember(json, [&](std::string_view key, std::string_view value) {
    ((key == members.first ? void(*members.second = value) : void()), ...);
  });
}

std::string TextOf(std::string_view json) {
  if (json.empty()) return {};
  return KindOf(json) == JsonKind::kString ? Unquote(json) : std::string(json);
}

hub::Verb MakeAnswer(std::string_view id, std::string_view result, std::string_view error) {
  std::optional<uint64_t> call = ToCallNumber(id);
  if (!call.has_value()) return Invalid(hub::Fault::kInvalidParams, "The id is no call's");
  if (!error.empty()) return hub::Answer{*call, ToCallError(error)};
  if (result.empty()) return hub::Answer{*call, hub::Payload::None()};
  return hub::Answer{*call, hub::Payload::Json(std::string(result))};
}

}  // namespace

hub::CallError ErrorSaying(hub::Fault fault, std::string_view what) {
  hub::CallError error = hub::MakeError(fault);
  AppendQuoted(error.data_json, what);
  return error;
}

hub::Verb ToSubscription(bool on, std::string_view params, size_t name_max) {
  using hub::Fault;
  if (!IsTruthy(params)) return hub::Malformed{hub::MakeError(Fault::kEventsMissing)};
  if (KindOf(params) != JsonKind::kArray) {
    return Invalid(Fault::kInvalidRequest, "Event names must be an array");
  }
  std::vector<std::string> names;
  for (const std::string& json : ReadArray(params)) {
    if (json.empty() || KindOf(json) >= JsonKind::kArray) {
      return Invalid(Fault::kInvalidRequest, "Invalid event name");
    }
    names.push_back(TextOf(json));
    if (names.back().size() > name_max) {
      return Invalid(Fault::kInvalidRequest,
                     "An event name is longer than " + std::to_string(name_max) + " bytes");
    }
  }
  if (on) return hub::Subscribe{std::move(names)};
  return hub::Unsubscribe{std::move(names)};
}

hub::Verb ToAnswer(std::string_view params) {
  if (params.empty() || KindOf(params) < JsonKind::kArray) {
    return Invalid(hub::Fault::kInvalidParams, "An answer is an object or an array");
  }
  if (KindOf(params) == JsonKind::kArray) {
    std::vector<std::string> values = ReadArray(params);
    if (values.empty() || values.size() > 2) {
      return Invalid(hub::Fault::kInvalidParams, "An answer is [id, result]");
    }
    return MakeAnswer(values[0], values.size() > 1 ? values[1] : "", "");
  }
  std::string id, result, error;
  ReadMembers(params, std::pair("id", &id), std::pair("result", &result),
              std::pair("error", &error));
  if (!result.empty() && IsTruthy(error)) {
    return Invalid(hub::Fault::kInvalidParams, "An answer has a result or an error");
  }
  return MakeAnswer(id, result, result.empty() ? error : "");
}

hub::CallError ToCallError(std::string_view json) {
  hub::CallError error;
  if (KindOf(json) != JsonKind::kObject) {
    error.message = TextOf(json);
    return error;
  }
  std::string name, code, message;
  ReadMembers(json, std::pair("name", &name), std::pair("code", &code),
              std::pair("message", &message), std::pair("data", &error.data_json));
  error.name = TextOf(name);
  error.message = TextOf(message);
  int64_t number = ToWhole(code).value_or(0);
  if (std::in_range<int32_t>(number)) error.code = static_cast<int32_t>(number);
  return error;
}

std::optional<uint64_t> ToCallNumber(std::string_view id) {
  if (id.empty()) return std::nullopt;
  std::string text = TextOf(id);
  std::string_view digits = text;
  if (KindOf(id) == JsonKind::kString) {
    if (!digits.starts_with(kRequestIdPrefix)) return std::nullopt;
    digits.remove_prefix(kRequestIdPrefix.size());
  }
  std::optional<int64_t> number = ToWhole(digits);
  if (!number.has_value() || *number <= 0) return std::nullopt;
  return static_cast<uint64_t>(*number);
}

}  // namespace sluice::protocol
