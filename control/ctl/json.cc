// SPDX-License-Identifier: Apache-2.0
#include "control/ctl/json.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/duration.pb.h>
#include <google/protobuf/timestamp.pb.h>
#include <google/protobuf/util/time_util.h>

#include <map>
#include <string_view>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "control/ctl/printable.h"
#include "text/utf8.h"

namespace sluice::ctl {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;
using google::protobuf::util::TimeUtil;

Json OfBytes(const FieldDescriptor& field, const std::string& bytes) {
  if (absl::EndsWith(field.name(), "json")) return text::ToUtf8(bytes);
  return absl::Base64Escape(bytes);
}

Json OfMessage(const Message& message) {
  if (auto* time = dynamic_cast<const google::protobuf::Timestamp*>(&message)) {
    return TimeUtil::ToString(*time);
  }
  if (auto* length = dynamic_cast<const google::protobuf::Duration*>(&message)) {
    return TimeUtil::ToString(*length);
  }
  return ToJson(message);
}

// `index`: of a repeated field, -1: it is a single one.
Json OfField(const Message& message, const FieldDescriptor& field, int index) {
  const Reflection& of = *message.GetReflection();
  const bool many = index >= 0;
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
      return many ? of.GetRepeatedInt32(message, &field, index) : of.GetInt32(message, &field);
    case FieldDescriptor::CPPTYPE_UINT32:
      return many ? of.GetRepeatedUInt32(message, &field, index) : of.GetUInt32(message, &field);
    case FieldDescriptor::CPPTYPE_INT64:
      return std::to_string(many ? of.GetRepeatedInt64(message, &field, index)
                                 : of.GetInt64(message, &field));
    case FieldDescriptor::CPPTYPE_UINT64:
      return std::to_string(many ? of.GetRepeatedUInt64(message, &field, index)
                                 : of.GetUInt64(message, &field));
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return many ? of.GetRepeatedDouble(message, &field, index) : of.GetDouble(message, &field);
    case FieldDescriptor::CPPTYPE_FLOAT:
      return many ? of.GetRepeatedFloat(message, &field, index) : of.GetFloat(message, &field);
    case FieldDescriptor::CPPTYPE_BOOL:
      return many ? of.GetRepeatedBool(message, &field, index) : of.GetBool(message, &field);
    case FieldDescriptor::CPPTYPE_ENUM: {
      const int number =
          many ? of.GetRepeatedEnumValue(message, &field, index) : of.GetEnumValue(message, &field);
      const auto* value = field.enum_type()->FindValueByNumber(number);
      return value == nullptr ? Json(number) : Json(value->name());
    }
    case FieldDescriptor::CPPTYPE_STRING: {
      std::string text =
          many ? of.GetRepeatedString(message, &field, index) : of.GetString(message, &field);
      if (field.type() == FieldDescriptor::TYPE_BYTES) return OfBytes(field, text);
      return text;
    }
    case FieldDescriptor::CPPTYPE_MESSAGE:
      return OfMessage(many ? of.GetRepeatedMessage(message, &field, index)
                            : of.GetMessage(message, &field));
  }
  return nullptr;
}

// Maps with strings as keys, sorted by them: there are no others.
Json OfMap(const Message& message, const FieldDescriptor& field) {
  const Reflection& of = *message.GetReflection();
  std::map<std::string, Json> sorted;
  for (int i = 0; i < of.FieldSize(message, &field); ++i) {
    const Message& entry = of.GetRepeatedMessage(message, &field, i);
    const auto& type = *entry.GetDescriptor();
    sorted[entry.GetReflection()->GetString(entry, type.map_key())] =
        OfField(entry, *type.map_value(), -1);
  }
  Json object = Json::object();
  for (auto& [key, value] : sorted) object[key] = std::move(value);
  return object;
}

Json OfList(const Message& message, const FieldDescriptor& field) {
  Json list = Json::array();
  const int size = message.GetReflection()->FieldSize(message, &field);
  for (int i = 0; i < size; ++i) list.push_back(OfField(message, field, i));
  return list;
}

}  // namespace

Json ToJson(const Message& message) {
  Json object = Json::object();
  const auto& type = *message.GetDescriptor();
  const Reflection& of = *message.GetReflection();
  for (int i = 0; i < type.field_count(); ++i) {
    const FieldDescriptor& field = *type.field(i);
    if (field.is_map()) {
      object[field.name()] = OfMap(message, field);
    } else if (field.is_repeated()) {
      object[field.name()] = OfList(message, field);
    } else if (!field.has_presence() || of.HasField(message, &field)) {
      object[field.name()] = OfField(message, field, -1);
    }
  }
  return object;
}

std::string JsonLine(const Json& value) {
  return PrintableJson(value.dump(-1, ' ', false, Json::error_handler_t::replace));
}

std::string JsonText(const Json& value) {
  return PrintableJson(value.dump(2, ' ', false, Json::error_handler_t::replace));
}

}  // namespace sluice::ctl
