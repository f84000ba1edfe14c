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
};

constexpr std::array<Answer, kRefusalCount> kAnswers = {{
    {"malformed", 400, "Bad Request", "not a correct WebSocket upgrade\n"},
    {"origin", 403, "Forbidden", "origin not allowed\n"},
    {"no_route", 404, "Not Found", "nothing is served here\n"},
    {"method", 405, "Method Not Allowed", "only GET\n"},
    {"timeout", 408, "Request Timeout", "the request did not come in time\n"},
    {"target_too_long", 414, "URI Too Long", "path and query are too long\n"},
    {"not_websocket", 426, "Upgrade Required", "this is a WebSocket endpoint\n"},
    {"version", 426, "Upgrade Required", "only WebSocket version 13\n"},
    {"header_bytes", 431, "Request Header Fields Too Large", "too many bytes of headers\n"},
    {"header_count", 431, "Request Header Fields Too Large", "too many headers\n"},
    {"connections_max", 503, "Service Unavailable", "too many connections\n"},
    {"accept_rate", 503, "Service Unavailable", "too many new connections\n"},
    {"proxy_header", 400, "Bad Request", "this port expects a PROXY protocol header from you\n"},
    {"descriptors", 503, "Service Unavailable", "no descriptors are left\n"},
    {"overloaded", 503, "Service Unavailable", "overloaded\n"},
    {"draining", 503, "Service Unavailable", "draining\n"},
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
