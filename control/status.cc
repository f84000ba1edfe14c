// SPDX-License-Identifier: Apache-2.0
#include "control/status.h"

#include <optional>

#include "absl/strings/cord.h"
#include "google/rpc/error_details.pb.h"
#include "text/utf8.h"

namespace sluice::control {
namespace {

constexpr std::string_view kErrorInfoType = "type.googleapis.com/google.rpc.ErrorInfo";
constexpr std::string_view kRetryInfoType = "type.googleapis.com/google.rpc.RetryInfo";

absl::string_view View(std::string_view text) { return {text.data(), text.size()}; }

// By string_view: clang and the gcc that built Abseil name Cord's constructor from a string&&
// apart.
absl::Cord ToCord(const google::protobuf::MessageLite& message) {
  return absl::Cord(absl::string_view(message.SerializeAsString()));
}

std::optional<google::rpc::ErrorInfo> InfoOf(const absl::Status& status) {
  auto payload = status.GetPayload(View(kErrorInfoType));
  google::rpc::ErrorInfo info;
  if (!payload || !info.ParseFromString(std::string(*payload))) return std::nullopt;
  return info;
}

}  // namespace

absl::Status Error(absl::StatusCode code, std::string_view reason, std::string_view message,
                   std::string_view field) {
  google::rpc::ErrorInfo info;
  info.set_reason(text::ToUtf8(std::string(reason)));
  info.set_domain(std::string(kErrorDomain));
  if (!field.empty()) (*info.mutable_metadata())["field"] = std::string(field);
  absl::Status status(code, View(message));
  status.SetPayload(View(kErrorInfoType), ToCord(info));
  return status;
}

absl::Status Invalid(std::string_view reason, std::string_view field, std::string_view message) {
  return Error(absl::StatusCode::kInvalidArgument, reason, message, field);
}

absl::Status ShuttingDown() {
  return WithRetry(Error(absl::StatusCode::kUnavailable, "SHUTTING_DOWN",
                         "the node is shutting down; retry on another"),
                   absl::Seconds(1));
}

absl::Status Overloaded() {
  return WithRetry(Error(absl::StatusCode::kUnavailable, "OVERLOADED",
                         "too many tasks wait for a thread of this node (--thread-tasks-max)"),
                   absl::Seconds(1));
}

absl::Status WithRetry(absl::Status status, absl::Duration delay) {
  google::rpc::RetryInfo retry;
  timespec spec = absl::ToTimespec(delay);
  retry.mutable_retry_delay()->set_seconds(spec.tv_sec);
  retry.mutable_retry_delay()->set_nanos(static_cast<int32_t>(spec.tv_nsec));
  status.SetPayload(View(kRetryInfoType), ToCord(retry));
  return status;
}

std::string ReasonOf(const absl::Status& status) {
  auto info = InfoOf(status);
  return info ? info->reason() : "";
}

std::string FieldOf(const absl::Status& status) {
  auto info = InfoOf(status);
  if (!info) return "";
  auto found = info->metadata().find("field");
  return found == info->metadata().end() ? "" : found->second;
}

google::rpc::Status ToProto(const absl::Status& status) {
  google::rpc::Status proto;
  proto.set_code(status.raw_code());
  proto.set_message(text::ToUtf8(std::string(status.message())));
  status.ForEachPayload([&](absl::string_view type, const absl::Cord& payload) {
    auto* detail = proto.add_details();
    detail->set_type_url(std::string(type));
    detail->set_value(std::string(payload));
  });
  return proto;
}

absl::Status FromProto(const google::rpc::Status& proto) {
  absl::Status status(static_cast<absl::StatusCode>(proto.code()), proto.message());
  for (const auto& detail : proto.details()) {
    status.SetPayload(detail.type_url(), absl::Cord(detail.value()));
  }
  return status;
}

}  // namespace sluice::control
