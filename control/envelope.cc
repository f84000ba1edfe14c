// SPDX-License-Identifier: Apache-2.0
#include "control/envelope.h"

#include <utility>

#include "control/status.h"
#include "text/utf8.h"

namespace sluice::control {
namespace {
constexpr uint32_t kVersion = 1;
}  // namespace

absl::Status NotUnderstood() {
  return Error(absl::StatusCode::kFailedPrecondition, "VERSION_UNSUPPORTED",
               "this node does not understand the request of that node");
}

std::string SealAsk(const google::protobuf::Message& request) {
  internal::v1::Ask ask;
  ask.set_version(kVersion);
  ask.set_request_type(text::ToUtf8(request.GetDescriptor()->full_name()));
  ask.set_request(request.SerializeAsString());
  return ask.SerializeAsString();
}

absl::StatusOr<internal::v1::Ask> OpenAsk(const std::string& payload) {
  internal::v1::Ask ask;
  if (!ask.ParseFromString(payload) || ask.version() != kVersion) return NotUnderstood();
  return ask;
}

std::string SealReply(absl::StatusOr<std::string> response) {
  internal::v1::Reply reply;
  reply.set_version(kVersion);
  if (response.ok()) {
    reply.set_response(*std::move(response));
  } else {
    *reply.mutable_error() = ToProto(response.status());
  }
  return reply.SerializeAsString();
}

absl::StatusOr<std::string> OpenReply(const std::string& payload) {
  internal::v1::Reply reply;
  if (!reply.ParseFromString(payload) || reply.version() != kVersion) return NotUnderstood();
  if (reply.has_error()) return FromProto(reply.error());
  return std::move(*reply.mutable_response());
}

}  // namespace sluice::control
