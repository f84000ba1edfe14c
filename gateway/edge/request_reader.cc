// SPDX-License-Identifier: Apache-2.0
#include "gateway/edge/request_reader.h"

#include <algorithm>
#include <boost/beast/http/rfc7230.hpp>
#include <boost/beast/websocket/rfc6455.hpp>
#include <iterator>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_split.h"
#include "text/traceparent.h"
#include "text/utf8.h"

namespace sluice::edge {
namespace {

namespace beast = boost::beast;
namespace http = boost::beast::http;

std::string_view View(beast::string_view text) { return {text.data(), text.size()}; }
beast::string_view View(std::string_view text) { return {text.data(), text.size()}; }
absl::string_view AbslView(std::string_view text) { return {text.data(), text.size()}; }

// Decisive, and no lists (RFC 9112 3.2, RFC 6454 7.3, RFC 6455 11.3).
constexpr http::field kSingle[] = {
    http::field::host,
    http::field::origin,
    http::field::sec_websocket_key,
    http::field::sec_websocket_version,
};

bool HasRepeated(const HttpRequest& request) {
  return std::any_of(std::begin(kSingle), std::end(kSingle),
                     [&](http::field name) { return request.count(name) > 1; });
}

bool Lists(const HttpRequest& request, std::string_view name, std::string_view element) {
  std::vector<std::string_view> list = ListOf(request, name);
  return std::any_of(list.begin(), list.end(), [&](std::string_view one) {
    return absl::EqualsIgnoreCase(AbslView(one), AbslView(element));
  });
}

bool HasBody(const HttpRequest& request) {
  return request.count(http::field::transfer_encoding) > 0 ||
         (request.count(http::field::content_length) > 0 &&
          request[http::field::content_length] != "0");
}

// Base64 of 16 bytes.
bool IsKey(std::string_view key) {
  return key.size() == 24 && key.substr(22) == "==" &&
         std::all_of(key.begin(), key.begin() + 22, [](unsigned char c) {
           return absl::ascii_isalnum(c) || c == '+' || c == '/';
         });
}

bool IsTarget(std::string_view target) {
  return !target.empty() && target[0] == '/' && target.find('#') == std::string_view::npos;
}

// An authority without a user: what a Host header may hold (RFC 9110 7.2, RFC 3986 3.2).
bool IsAuthority(std::string_view text) {
  constexpr std::string_view kNever = "/?#@\\\"<>^`{|}";
  return !text.empty() && std::all_of(text.begin(), text.end(), [&](unsigned char c) {
    return absl::ascii_isgraph(c) && kNever.find(static_cast<char>(c)) == std::string_view::npos;
  });
}

// Where the authority of an absolute target begins; npos: it is of another form.
size_t AuthorityOf(std::string_view target) {
  for (std::string_view scheme : {"http://", "https://", "ws://", "wss://"}) {
    if (absl::StartsWithIgnoreCase(AbslView(target), AbslView(scheme))) return scheme.size();
  }
  return std::string_view::npos;
}

// Gives an absolute target the usual form. A wrong authority is left as it is, which is no target.
// The request must have a Host all the same, and one only: CheckUpgrade sees to that.
void MakeRelative(HttpRequest& request) {
  std::string target(View(request.target()));
  size_t begin = AuthorityOf(target);
  if (begin == std::string::npos) return;
  size_t end = std::min(target.find_first_of("/?", begin), target.size());
  std::string authority = target.substr(begin, end - begin);
  if (!IsAuthority(authority)) return;
  std::string path = target.substr(end);
  if (path.empty() || path.front() != '/') path.insert(0, "/");
  request.target(path);
  if (request.count(http::field::host) == 1) request.set(http::field::host, authority);
}

size_t CountHeaders(const HttpRequest& request) {
  return static_cast<size_t>(std::distance(request.begin(), request.end()));
}

}  // namespace

RequestReader::RequestReader(const Limits& limits) : limits_(limits) {
  // The reader counts bytes itself, so that it can tell a long target from long headers.
  parser_.header_limit(static_cast<std::uint32_t>(limits.header_bytes + 1));
}

bool RequestReader::head_method() const { return parser_.get().method() == http::verb::head; }

RequestReader::State RequestReader::Refuse(Refusal refusal) {
  refusal_ = refusal;
  return State::kRefused;
}

RequestReader::State RequestReader::Put(std::string_view bytes) {
  if (bytes.empty()) return State::kMore;
  started_ = true;
  buffer_.append(bytes);
  if (!in_request_) SkipEmptyLines();
  if (skipped_ > limits_.header_bytes) return Refuse(Refusal::kHeaderBytes);
  if (!in_request_) return State::kMore;
  beast::error_code error;
  size_t used = parser_.put(boost::asio::buffer(buffer_), error);
  bool in_first_line = taken_ + used == 0;
  buffer_.erase(0, used);
  taken_ += used;
  bool whole = !error && parser_.is_header_done();
  bool too_many = skipped_ + taken_ + (whole ? 0 : buffer_.size()) > limits_.header_bytes;
  if (too_many || error == http::error::header_limit) {
    return Refuse(in_first_line ? Refusal::kTargetTooLong : Refusal::kHeaderBytes);
  }
  if (whole) return CheckHead();
  if (!error || error == http::error::need_more) return State::kMore;
  return Refuse(Refusal::kMalformed);
}

// What was skipped counts among the bytes of the head.
void RequestReader::SkipEmptyLines() {
  size_t skipped = 0;
  while (buffer_.compare(skipped, 2, "\r\n") == 0) skipped += 2;
  buffer_.erase(0, skipped);
  skipped_ += skipped;
  in_request_ = !buffer_.empty() && buffer_ != "\r";
}

RequestReader::State RequestReader::CheckHead() {
  HttpRequest& request = parser_.get();
  MakeRelative(request);
  if (request.target().size() > limits_.target_bytes) return Refuse(Refusal::kTargetTooLong);
  if (CountHeaders(request) > limits_.header_count) return Refuse(Refusal::kHeaderCount);
  if (request.method() != http::verb::get) return Refuse(Refusal::kMethod);
  if (!IsTarget(View(request.target()))) return Refuse(Refusal::kMalformed);
  return State::kWhole;
}

std::optional<Refusal> CheckUpgrade(const HttpRequest& request) {
  if (HasRepeated(request) || HasBody(request)) return Refusal::kMalformed;
  bool asks = request.count(http::field::upgrade) > 0;
  if (!asks) return Refusal::kNotWebSocket;
  bool agrees = request.version() == 11 && Lists(request, "upgrade", "websocket") &&
                Lists(request, "connection", "upgrade");
  if (!agrees || !IsAuthority(View(request[http::field::host]))) return Refusal::kMalformed;
  if (!IsKey(View(request[http::field::sec_websocket_key]))) return Refusal::kMalformed;
  if (request[http::field::sec_websocket_version] != "13") return Refusal::kVersion;
  return std::nullopt;
}

std::optional<std::string> HeaderOf(const HttpRequest& request, std::string_view name) {
  auto [begin, end] = request.equal_range(View(name));
  if (begin == end) return std::nullopt;
  std::string joined(View(begin->value()));
  for (auto it = std::next(begin); it != end; ++it) joined.append(", ").append(View(it->value()));
  return joined;
}

std::vector<std::string_view> ListOf(const HttpRequest& request, std::string_view name) {
  std::vector<std::string_view> elements;
  auto [begin, end] = request.equal_range(View(name));
  for (auto line = begin; line != end; ++line) {
    for (absl::string_view part : absl::StrSplit(AbslView(View(line->value())), ',')) {
      part = absl::StripAsciiWhitespace(part);
      if (!part.empty()) elements.emplace_back(part.data(), part.size());
    }
  }
  return elements;
}

std::vector<std::string_view> SubprotocolsOf(const HttpRequest& request) {
  std::vector<std::string_view> tokens;
  auto [begin, end] = request.equal_range(http::field::sec_websocket_protocol);
  for (auto it = begin; it != end; ++it) {
    for (beast::string_view token : http::token_list(it->value())) {
      tokens.push_back(View(token));
    }
  }
  return tokens;
}

std::string TraceparentOf(const HttpRequest& request) {
  const std::optional<std::string> header = HeaderOf(request, text::kTraceparentHeader);
  return header ? std::string(text::Traceparent(*header)) : std::string();
}

std::vector<std::pair<std::string, std::string>> KeepHeaders(
    const HttpRequest& request, const std::vector<std::string>& names) {
  std::vector<std::pair<std::string, std::string>> kept;
  for (const std::string& name : names) {
    if (std::optional<std::string> value = HeaderOf(request, name)) {
      kept.emplace_back(name, text::ToUtf8(*std::move(value)));
    }
  }
  return kept;
}

}  // namespace sluice::edge
