// SPDX-License-Identifier: Apache-2.0
#include "control/body.h"

#include <simdjson.h>

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "control/status.h"
#include "gateway/protocol/json/walk.h"
#include "gateway/protocol/msgpack/reader.h"
#include "text/utf8.h"

namespace sluice::control {
namespace {

struct NoVisitor {
  void Open(bool) {}
  void Close() {}
  void Key(std::string_view) {}
  void Scalar(std::string_view) {}
};

absl::Status TooLarge(std::string_view field, const BodyBound& bound) {
  return Invalid("MESSAGE_TOO_LARGE", field,
                 absl::StrCat("a body has at most ", bound.bytes_max, " bytes (",
                              std::string(bound.option), ")"));
}

// Both encodings: whoever speaks JSON gets the one, whoever speaks MessagePack the other.
absl::StatusOr<hub::Payload> FromMsgpack(const std::string& bytes, std::string_view field,
                                         size_t depth_max) {
  protocol::MsgpackReader reader(bytes);
  std::string json;
  bool whole = reader.ReadJson(json, depth_max);
  if (whole && !reader.at_end()) whole = reader.Fail("the bytes go on behind the value");
  std::string flaw = whole ? reader.TakeFlaw() : reader.Flaw();
  if (!flaw.empty()) {
    return Invalid("MESSAGE_INVALID", field, absl::StrCat("not one MessagePack value: ", flaw));
  }
  hub::Payload payload = hub::Payload::Json(std::move(json));
  payload.msgpack = bytes;
  return payload;
}

}  // namespace

bool IsJson(std::string_view text, size_t depth_max) {
  if (!simdjson::validate_utf8(text.data(), text.size())) return false;
  NoVisitor nobody;
  return !protocol::JsonWalk(text, depth_max, nobody).Run();
}

absl::StatusOr<hub::Payload> ToPayload(v1::Body body, std::string_view field,
                                       const BodyBound& bound) {
  const size_t max = bound.bytes_max;
  switch (body.content_case()) {
    case v1::Body::kJson:
      if (body.json().size() > max) return TooLarge(field, bound);
      if (!IsJson(body.json(), bound.depth_max)) {
        return Invalid(
            "MESSAGE_INVALID", field,
            absl::StrCat("not one JSON text in UTF-8, at most ", bound.depth_max, " levels deep"));
      }
      return hub::Payload::Json(std::move(*body.mutable_json()));
    case v1::Body::kBinary:
      if (body.binary().size() > max) return TooLarge(field, bound);
      return hub::Payload::Binary(std::move(*body.mutable_binary()));
    case v1::Body::kText:
      if (body.text().size() > max) return TooLarge(field, bound);
      return hub::Payload::Text(std::move(*body.mutable_text()));
    case v1::Body::kMsgpack:
      if (body.msgpack().size() > max) return TooLarge(field, bound);
      return FromMsgpack(body.msgpack(), field, bound.depth_max);
    case v1::Body::CONTENT_NOT_SET:
      break;
  }
  return hub::Payload::None();
}

void FillBody(hub::Payload payload, v1::Body* body, bool msgpack) {
  switch (payload.kind) {
    case hub::Payload::Kind::kNone:
      body->Clear();
      return;
    case hub::Payload::Kind::kJson:
      if (msgpack && !payload.msgpack.empty()) return body->set_msgpack(std::move(payload.msgpack));
      body->set_json(std::move(payload.bytes));
      return;
    case hub::Payload::Kind::kBinary:
      body->set_binary(std::move(payload.bytes));
      return;
    case hub::Payload::Kind::kText:
      body->set_text(text::ToUtf8(std::move(payload.bytes)));
      return;
  }
}

hub::Payload TakeBody(v1::Body* body) {
  switch (body->content_case()) {
    case v1::Body::kJson:
      return hub::Payload::Json(std::move(*body->mutable_json()));
    case v1::Body::kBinary:
      return hub::Payload::Binary(std::move(*body->mutable_binary()));
    case v1::Body::kText:
      return hub::Payload::Text(std::move(*body->mutable_text()));
    case v1::Body::kMsgpack: {
      auto payload =
          FromMsgpack(body->msgpack(), "", 1000);  // deep as it may be: it was read before
      return payload.ok() ? *std::move(payload) : hub::Payload::None();
    }
    case v1::Body::CONTENT_NOT_SET:
      break;
  }
  return hub::Payload::None();
}

absl::StatusOr<hub::CallError> ToCallError(const v1::CallError& proto, const BodyBound& bound) {
  if (!proto.data_json().empty()) {
    if (proto.data_json().size() > bound.bytes_max) {
      return TooLarge("error.data_json", bound);
    }
    if (!IsJson(proto.data_json(), bound.depth_max)) {
      return Invalid("MESSAGE_INVALID", "error.data_json", "not one JSON text in UTF-8");
    }
  }
  return hub::CallError{.fault = hub::Fault::kApplication,
                        .name = proto.name(),
                        .code = proto.code(),
                        .message = proto.message(),
                        .data_json = proto.data_json()};
}

void FillCallError(hub::CallError error, v1::CallError* proto) {
  proto->set_name(text::ToUtf8(std::move(error.name)));
  proto->set_code(error.code);
  proto->set_message(text::ToUtf8(std::move(error.message)));
  proto->set_data_json(std::move(error.data_json));
}

}  // namespace sluice::control
