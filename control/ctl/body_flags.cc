// SPDX-License-Identifier: Apache-2.0
#include "control/ctl/body_flags.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "control/ctl/files.h"
#include "text/utf8.h"

namespace sluice::ctl {
namespace {

// The gateway takes no more (--control-message-bytes is at most this).
constexpr size_t kBodyBytesMax = 64 << 20;

absl::StatusOr<std::string> Content(const std::string& given) {
  if (given == "-") return ReadFile(given, kBodyBytesMax, true);
  if (given.rfind("@@", 0) == 0) return given.substr(1);
  if (given.rfind('@', 0) == 0) return ReadFile(given.substr(1), kBodyBytesMax);
  return given;
}

}  // namespace

void BodyFlags::Declare(Flags& flags, const std::string& name) {
  name_ = name;
  flags.OptionalArgument(name, "the content: text, @FILE, or - for the standard input", &given_);
  flags.Choice("--as", "what the content is (json)", {"json", "text", "binary", "msgpack"}, &as_);
}

absl::StatusOr<v1::Body> BodyFlags::Read() const {
  v1::Body body;
  if (!given_) return body;
  auto content = Content(*given_);
  if (!content.ok()) {
    return absl::InvalidArgumentError(
        absl::StrCat(name_, ": ", std::string(content.status().message())));
  }
  if (as_ == "text") {
    if (!text::IsUtf8(*content)) return absl::InvalidArgumentError(name_ + ": is no UTF-8");
    body.set_text(*std::move(content));
  } else if (as_ == "binary") {
    body.set_binary(*std::move(content));
  } else if (as_ == "msgpack") {
    body.set_msgpack(*std::move(content));
  } else {
    if (!nlohmann::json::accept(*content)) {
      return absl::InvalidArgumentError(
          absl::StrCat(name_, ": is no JSON; use --as text for text"));
    }
    body.set_json(*std::move(content));
  }
  return body;
}

std::string BodyText(const v1::Body& body) {
  switch (body.content_case()) {
    case v1::Body::kJson:
      return body.json();
    case v1::Body::kText:
      return body.text();
    case v1::Body::kBinary:
      return "base64:" + absl::Base64Escape(body.binary());
    case v1::Body::kMsgpack:
      return "msgpack, base64:" + absl::Base64Escape(body.msgpack());
    case v1::Body::CONTENT_NOT_SET:
      break;
  }
  return "";
}

}  // namespace sluice::ctl
