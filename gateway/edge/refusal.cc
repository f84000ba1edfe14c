// SPDX-License-Identifier: Apache-2.0
#include "gateway/edge/refusal.h"

#include <array>

namespace sluice::edge {
namespace {

struct Answer {
  std::string_view label;
  int status;
  std::string_view phrase;
  std::string_view text;
  std::string_view hint;
};

constexpr std::string_view kTooLarge = "Request Header Fields Too Large";
constexpr std::string_view kUnavailable = "Service Unavailable";

constexpr std::array<Answer, kRefusalCount> kAnswers = {{
    {"malformed", 400, "Bad Request", "not a correct WebSocket upgrade\n", ""},
    {"origin", 403, "Forbidden", "origin not allowed\n",
     "--origins lists the pages that may connect; --allow-no-origin lets in who states none"},
    {"no_route", 404, "Not Found", "nothing is served here\n",
     "--routes says what is served where"},
    {"method", 405, "Method Not Allowed", "only GET\n", ""},
    {"timeout", 408, "Request Timeout", "the request did not come in time\n",
     "--handshake-timeout is what a request may take"},
    {"target_too_long", 414, "URI Too Long", "path and query are too long\n",
     "--target-bytes is what path and query may have"},
    {"not_websocket", 426, "Upgrade Required", "this is a WebSocket endpoint\n", ""},
    {"version", 426, "Upgrade Required", "only WebSocket version 13\n", ""},
    {"header_bytes", 431, kTooLarge, "too many bytes of headers\n",
     "--header-bytes is what a request's headers may have"},
    {"header_count", 431, kTooLarge, "too many headers\n",
     "--header-count is how many headers a request may have"},
    {"connections_max", 503, kUnavailable, "too many connections\n",
     "--connections-max is how many there may be"},
    {"accept_rate", 503, kUnavailable, "too many new connections\n",
     "--accepts-per-second and --accepts-burst are how fast they may come"},
    {"proxy_header", 400, "Bad Request", "this port expects a PROXY protocol header from you\n",
     "--proxy-protocol lists the networks that must begin with a PROXY header"},
    {"descriptors", 503, kUnavailable, "no descriptors are left\n", ""},
    {"overloaded", 503, kUnavailable, "overloaded\n", ""},
    {"draining", 503, kUnavailable, "draining\n", ""},
}};

const Answer& AnswerOf(Refusal refusal) { return kAnswers[static_cast<size_t>(refusal)]; }

std::string ExtraHeaders(int status, absl::Duration retry_after) {
  switch (status) {
    case 405:
      return "Allow: GET\r\nConnection: close\r\n";
    case 426:
      return "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nConnection: "
             "close, Upgrade\r\n";
    case 503:
      return "Retry-After: " + std::to_string(absl::ToInt64Seconds(retry_after)) +
             "\r\nConnection: close\r\n";
    default:
      return "Connection: close\r\n";
  }
}

}  // namespace

std::string_view LabelOf(Refusal refusal) { return AnswerOf(refusal).label; }
std::string_view HintOf(Refusal refusal) { return AnswerOf(refusal).hint; }
int StatusOf(Refusal refusal) { return AnswerOf(refusal).status; }

std::string RenderRefusal(Refusal refusal, const RefusalDetail& detail) {
  const Answer& answer = AnswerOf(refusal);
  std::string body = detail.text.empty() ? std::string(answer.text) : detail.text + "\n";
  std::string out = "HTTP/1.1 " + std::to_string(answer.status) + " ";
  out += answer.phrase;
  out += "\r\nServer: sluice\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: ";
  out += std::to_string(body.size()) + "\r\n";
  out += ExtraHeaders(answer.status, detail.retry_after) + "\r\n";
  if (!detail.head) out += body;
  return out;
}

}  // namespace sluice::edge
