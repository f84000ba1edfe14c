// SPDX-License-Identifier: Apache-2.0
//
// The head of one HTTP request: takes bytes as they come and says when it is whole and whether it
// is a WebSocket upgrade that deserves an answer of 101. It does no I/O.
//
// Empty lines ahead of the request are skipped (RFC 9112 2.2). A target in absolute form becomes
// its path and query, and its authority the Host (RFC 9112 3.2.2), so that nobody behind this sees
// two forms. A list header may come in any number of lines (RFC 9110 5.3).
//
// Stricter than Beast: a header that is no list and decides must be there once, the key must be a
// key, and a request with a body is no upgrade.
#pragma once

#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gateway/edge/refusal.h"

namespace sluice::edge {

using HttpRequest = boost::beast::http::request<boost::beast::http::empty_body>;

class RequestReader {
 public:
  struct Limits {
    size_t header_bytes;
    size_t header_count;
    size_t target_bytes;
  };
  enum class State : uint8_t { kMore, kWhole, kRefused };

  explicit RequestReader(const Limits& limits);

  // Takes what has been read. After kWhole or kRefused it is not called again.
  State Put(std::string_view bytes);

  bool started() const { return started_; }  // some byte came
  // What is wrong with the request as HTTP; meaningful after kRefused.
  Refusal refusal() const { return refusal_; }
  // After kWhole: what came behind the head.
  const std::string& rest() const { return buffer_; }
  const HttpRequest& request() const { return parser_.get(); }
  bool head_method() const;

 private:
  State Refuse(Refusal refusal);
  void SkipEmptyLines();
  State CheckHead();

  Limits limits_;
  boost::beast::http::request_parser<boost::beast::http::empty_body> parser_;
  std::string buffer_;
  size_t skipped_ = 0;       // bytes of empty lines
  bool in_request_ = false;  // behind them
  size_t taken_ = 0;
  bool started_ = false;
  Refusal refusal_ = Refusal::kMalformed;
};

// Whether a whole request, which asks for a path where a WebSocket is served, is an upgrade that
// can be accepted; otherwise what to answer.
std::optional<Refusal> CheckUpgrade(const HttpRequest& request);

// One that came in several lines is joined with commas (RFC 9110 5.3): what a proxy added is last.
std::optional<std::string> HeaderOf(const HttpRequest& request, std::string_view name);

// The trace that the request is a part of, as text::Traceparent; empty: none.
std::string TraceparentOf(const HttpRequest& request);

// The elements of a list header, over all its lines, in order and without empty ones (RFC 9110
// 5.6.1); they live as long as the request.
std::vector<std::string_view> ListOf(const HttpRequest& request, std::string_view name);

// The tokens of Sec-WebSocket-Protocol, in order; they live as long as the request.
std::vector<std::string_view> SubprotocolsOf(const HttpRequest& request);

// The headers of `names` (lower case) that the request has. RFC 9110 5.5 lets values hold any byte
// above 0x7f (obs-text); what of them is no UTF-8 becomes U+FFFD (text/utf8.h).
std::vector<std::pair<std::string, std::string>> KeepHeaders(const HttpRequest& request,
                                                             const std::vector<std::string>& names);

}  // namespace sluice::edge
