// SPDX-License-Identifier: Apache-2.0
#include "control/body.h"

#include <simdjson.h>

#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "control/status.h"

namespace sluice::control {
namespace {

// Accepts everything up to a depth. The parser that drives it keeps no recursion of its own.
class DepthCheck : public nlohmann::json_sax<nlohmann::json> {
 public:
  explicit DepthCheck(size_t max) : max_(max) {}
  bool null() override { return true; }
  bool boolean(bool) override { return true; }
  bool number_integer(number_integer_t) override { return true; }
  bool number_unsigned(number_unsigned_t) override { return true; }
  bool number_float(number_float_t, const string_t&) override { return true; }
  bool string(string_t&) override { return true; }
  bool binary(binary_t&) override { return true; }
  bool start_object(size_t) override { return ++depth_ <= max_; }
  bool key(string_t&) override { return true; }
  bool end_object() override { return --depth_, true; }
  bool start_array(size_t) override { return ++depth_ <= max_; }
  bool end_array() override { return --depth_, true; }
  bool parse_error(size_t, const std::string&, const nlohmann::detail::exception&) override {
    return false;
  }

 private:
  size_t max_;
  size_t depth_ = 0;
};

constexpr size_t kParserKeptMax = 64 << 10;  // a larger document's parser is thrown away

simdjson::error_code Parse(simdjson::dom::parser& parser, std::string_view text, size_t depth_max) {
  // simdjson counts the place of a scalar as a level of its own.
  if (parser.capacity() < text.size() || parser.max_depth() != depth_max + 1) {
    auto error = parser.allocate(std::max(text.size(), size_t{1024}), depth_max + 1);
    if (error) return error;
  }
  return parser.parse(text.data(), text.size()).error();
}

simdjson::error_code Parse(std::string_view text, size_t depth_max) {
  if (text.size() > kParserKeptMax) {
    simdjson::dom::parser parser;
    return Parse(parser, text, depth_max);
  }
  thread_local simdjson::dom::parser parser;
  return Parse(parser, text, depth_max);
}

absl::Status TooLarge(std::string_view field, size_t max) {
  return Invalid("MESSAGE_TOO_LARGE", field,
                 absl::StrCat("a body has at most ", max, " bytes (--send-bytes-max)"));
}

}  // namespace

bool IsJson(std::string_view text, size_t depth_max) {
  auto error = Parse(text, depth_max);
  if (!error) return true;
  // The fast parser refuses integers over 64 bits, which are numbers all the same.
  if (error != simdjson::NUMBER_ERROR) return false;
  DepthCheck check(depth_max);
  return nlohmann::json::sax_parse(text.begin(), text.end(), &check);
}

absl::StatusOr<hub::Payload> ToPayload(const v1::Body& body, std::string_view field,
                                       const Limits& limits) {
  const size_t max = limits.send_bytes_max;
  switch (body.content_case()) {
    case v1::Body::kJson:
      if (body.json().size() > max) return TooLarge(field, max);
      if (!IsJson(body.json(), limits.depth_max)) {
        return Invalid(
            "MESSAGE_INVALID", field,
            absl::StrCat("not one JSON text in UTF-8, at most ", limits.depth_max, " levels deep"));
      }
      return hub::Payload::Json(body.json());
    case v1::Body::kBinary:
      if (body.binary().size() > max) return TooLarge(field, max);
      return hub::Payload::Binary(body.binary());
    case v1::Body::kText:
      if (body.text().size() > max) return TooLarge(field, max);
      return hub::Payload::Text(body.text());
    case v1::Body::CONTENT_NOT_SET:
      break;
  }
  return hub::Payload::None();
}

void FillBody(hub::Payload payload, v1::Body* body) {
  switch (payload.kind) {
    case hub::Payload::Kind::kNone:
      body->Clear();
      return;
    case hub::Payload::Kind::kJson:
      body->set_json(std::move(payload.bytes));
      return;
    case hub::Payload::Kind::kBinary:
      body->set_binary(std::move(payload.bytes));
      return;
    case hub::Payload::Kind::kText:
      body->set_text(std::move(payload.bytes));
      return;
  }
}

absl::StatusOr<hub::CallError> ToCallError(const v1::CallError& proto, const Limits& limits) {
  if (!proto.data_json().empty()) {
    if (proto.data_json().size() > limits.send_bytes_max) {
      return TooLarge("error.data_json", limits.send_bytes_max);
    }
    if (!IsJson(proto.data_json(), limits.depth_max)) {
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
  proto->set_name(std::move(error.name));
  proto->set_code(error.code);
  proto->set_message(std::move(error.message));
  proto->set_data_json(std::move(error.data_json));
}

}  // namespace sluice::control
