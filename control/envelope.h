// SPDX-License-Identifier: Apache-2.0
//
// What travels between nodes (proto/sluice/internal/v1/cluster.proto): a request with its type, a
// response or an error, each with the version of their meaning.
#pragma once

#include <google/protobuf/message.h>

#include <string>

#include "absl/status/statusor.h"
#include "sluice/internal/v1/cluster.pb.h"

namespace sluice::control {

// FAILED_PRECONDITION VERSION_UNSUPPORTED: the other node is of another release.
absl::Status NotUnderstood();

std::string SealAsk(const google::protobuf::Message& request);
absl::StatusOr<internal::v1::Ask> OpenAsk(const std::string& payload);

// `response` is a serialized message.
std::string SealReply(absl::StatusOr<std::string> response);
absl::StatusOr<std::string> OpenReply(const std::string& payload);

template <typename Message>
absl::StatusOr<Message> ParseAs(absl::StatusOr<std::string> bytes) {
  if (!bytes.ok()) return bytes.status();
  Message message;
  if (!message.ParseFromString(*bytes)) return NotUnderstood();
  return message;
}

}  // namespace sluice::control
