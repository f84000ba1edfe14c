// SPDX-License-Identifier: Apache-2.0
#include "control/selector.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "control/dialects.h"
#include "control/labels.h"
#include "control/status.h"
#include "control/values.h"

namespace sluice::control {
namespace {

using Names = google::protobuf::RepeatedPtrField<std::string>;

absl::Status SelectorInvalid(std::string_view field, std::string_view message) {
  return Invalid("SELECTOR_INVALID", absl::StrCat("selector.", std::string(field)), message);
}

absl::Status CheckNames(const Names& names, std::string_view field, size_t name_max,
                        const Limits& limits) {
  if (static_cast<size_t>(names.size()) > limits.selector_ids_max) {
    return Error(absl::StatusCode::kResourceExhausted, "SELECTOR_TOO_LARGE",
                 absl::StrCat("at most ", limits.selector_ids_max,
                              " entries in one list of a selector (--selector-ids-max)"),
                 absl::StrCat("selector.", std::string(field)));
  }
  for (const std::string& name : names) {
    if (IsName(name, name_max)) continue;
    return SelectorInvalid(
        field, absl::StrCat("each entry has 1 to ", name_max, " bytes and no control characters"));
  }
  return absl::OkStatus();
}

std::vector<std::string> WithoutDuplicates(const Names& names) {
  absl::flat_hash_set<std::string_view> seen;
  std::vector<std::string> result;
  for (const std::string& name : names) {
    if (seen.insert(name).second) result.push_back(name);
  }
  return result;
}

absl::Status CheckLists(const v1::Selector& proto, const Limits& limits) {
  const struct {
    const Names& names;
    std::string_view field;
    size_t name_max;
  } lists[] = {
      {proto.connection_ids(), "connection_ids", kNameMax},
      {proto.user_ids(), "user_ids", kNameMax},
      {proto.channels(), "channels", limits.channel_name_bytes},
      {proto.nodes(), "nodes", kNameMax},
      {proto.except().connection_ids(), "except.connection_ids", kNameMax},
      {proto.except().user_ids(), "except.user_ids", kNameMax},
  };
  for (const auto& list : lists) {
    absl::Status status = CheckNames(list.names, list.field, list.name_max, limits);
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::StatusOr<uint32_t> ToDialectBits(const v1::Selector& proto) {
  uint32_t bits = 0;
  for (int value : proto.dialects()) {
    if (value == v1::DIALECT_UNSPECIFIED) return 0;
    auto id = ToDialectId(value);
    if (!id) return SelectorInvalid("dialects", "no such dialect");
    bits |= uint32_t{1} << *id;
  }
  return bits;
}

absl::Status FillTimes(const v1::Selector& proto, hub::Selector& result) {
  if (proto.has_connected_before()) {
    auto time = ToTime(proto.connected_before());
    if (!time) return SelectorInvalid("connected_before", "no valid timestamp");
    result.connected_before = *time;
  }
  if (proto.has_connected_after()) {
    auto time = ToTime(proto.connected_after());
    if (!time) return SelectorInvalid("connected_after", "no valid timestamp");
    result.connected_after = *time;
  }
  return absl::OkStatus();
}

absl::Status FillLabels(const v1::Selector& proto, const Limits& limits, hub::Selector& result) {
  if (proto.labels().size() > limits.selector_ids_max) {
    return Error(absl::StatusCode::kResourceExhausted, "SELECTOR_TOO_LARGE",
                 "too many labels (--selector-ids-max)", "selector.labels");
  }
  auto labels = ToLabels(proto.labels(), "SELECTOR_INVALID", "selector.labels");
  if (!labels.ok()) return labels.status();
  result.labels = *std::move(labels);
  return absl::OkStatus();
}

void FillLists(const v1::Selector& proto, std::string_view node, hub::Selector& result) {
  result.connections = WithoutDuplicates(proto.connection_ids());
  result.users = WithoutDuplicates(proto.user_ids());
  result.channels = WithoutDuplicates(proto.channels());
  const Names& nodes = proto.nodes();
  result.elsewhere = !nodes.empty() && std::find(nodes.begin(), nodes.end(), node) == nodes.end();
  const auto& except = proto.except();
  result.except_connections.insert(except.connection_ids().begin(), except.connection_ids().end());
  result.except_users.insert(except.user_ids().begin(), except.user_ids().end());
}

}  // namespace

absl::StatusOr<hub::Selector> ToSelector(const v1::Selector& proto, std::string_view node,
                                         const Limits& limits) {
  absl::Status status = CheckNamespace(proto.namespace_(), "selector.namespace");
  if (status.ok()) status = CheckLists(proto, limits);
  if (!status.ok()) return status;
  if (proto.sample_percent() > 100) {
    return SelectorInvalid("sample_percent", "a percentage is 0 to 100");
  }
  auto bits = ToDialectBits(proto);
  if (!bits.ok()) return bits.status();

  hub::Selector result;
  result.space = proto.namespace_();
  result.dialects = *bits;
  result.sample_percent = proto.sample_percent();
  status = FillTimes(proto, result);
  if (status.ok()) status = FillLabels(proto, limits, result);
  if (!status.ok()) return status;
  FillLists(proto, node, result);
  return result;
}

bool IsWholeNamespace(const v1::Selector& proto) {
  v1::Selector bare;
  bare.set_namespace_(proto.namespace_());
  v1::Selector rest = proto;
  // A default written out restricts nothing.
  if (rest.except().connection_ids().empty() && rest.except().user_ids().empty()) {
    rest.clear_except();
  }
  return bare.SerializeAsString() == rest.SerializeAsString();
}

uint64_t Fingerprint(const google::protobuf::MessageLite& message) {
  std::string bytes;
  {
    google::protobuf::io::StringOutputStream stream(&bytes);
    google::protobuf::io::CodedOutputStream output(&stream);
    output.SetSerializationDeterministic(true);  // maps in order
    message.SerializeToCodedStream(&output);
  }
  uint64_t hash = 0xcbf29ce484222325;  // FNV-1a
  for (unsigned char c : bytes) hash = (hash ^ c) * 0x100000001b3;
  return hash;
}

}  // namespace sluice::control
