// SPDX-License-Identifier: Apache-2.0
#include "control/sayings.h"

#include <memory>
#include <utility>

#include "control/body.h"
#include "control/envelope.h"
#include "sluice/internal/v1/hub.pb.h"

namespace sluice::control {
namespace {

using Audience = hub::Saying::Audience;

}  // namespace

std::string SealSaying(const hub::Saying& saying) {
  const hub::Message& message = *saying.message;
  internal::v1::Saying proto;
  proto.set_event_bytes(message.event());
  FillBody(message.body(), proto.mutable_body());
  proto.set_msgpack(message.body().msgpack);
  proto.set_connection_bytes(saying.connection);
  proto.set_user_bytes(saying.user);
  if (saying.audience == Audience::kOthers) {
    proto.set_audience(internal::v1::Saying::AUDIENCE_OTHERS);
  }
  return proto.SerializeAsString();
}

absl::StatusOr<hub::SharedSaying> OpenSaying(std::string space, const std::string& payload,
                                             metrics::SharedCounter& encodings) {
  internal::v1::Saying proto;
  if (!proto.ParseFromString(payload)) return NotUnderstood();
  hub::Payload body = TakeBody(proto.mutable_body());
  body.msgpack = std::move(*proto.mutable_msgpack());
  const bool members = proto.audience() == internal::v1::Saying::AUDIENCE_MEMBERS;
  return std::make_shared<const hub::Saying>(hub::Saying{
      .space = std::move(space),
      .message = std::make_shared<const hub::Message>(std::move(*proto.mutable_event_bytes()),
                                                      std::move(body), encodings,
                                                      /*publication=*/members),
      .connection = std::move(*proto.mutable_connection_bytes()),
      .user = std::move(*proto.mutable_user_bytes()),
      .audience = members ? Audience::kMembers : Audience::kOthers});
}

}  // namespace sluice::control
