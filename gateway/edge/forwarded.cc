// SPDX-License-Identifier: Apache-2.0
#include "gateway/edge/forwarded.h"

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/match.h"

namespace sluice::edge {
namespace {

std::string_view Trim(std::string_view text) {
  size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

// Whether the quote at `at` ends or begins a string, instead of being escaped within one.
bool IsQuote(std::string_view text, size_t at) {
  if (text[at] != '"') return false;
  size_t slashes = 0;
  while (slashes < at && text[at - slashes - 1] == '\\') ++slashes;
  return slashes % 2 == 0;
}

// The last `separator` outside of quoted strings. Found from the end, which a trusted proxy wrote,
// so that a quote that a client left open in front swallows nothing.
size_t LastOutside(std::string_view text, char separator) {
  bool quoted = false;
  for (size_t at = text.size(); at-- > 0;) {
    if (IsQuote(text, at)) quoted = !quoted;
    if (!quoted && text[at] == separator) return at;
  }
  return std::string_view::npos;
}

// Takes the last part away from `text`; nothing once it was the first.
std::string_view TakeLast(std::optional<std::string_view>& text, char separator) {
  size_t at = LastOutside(*text, separator);
  if (at == std::string_view::npos) {
    std::string_view part = Trim(*text);
    text.reset();
    return part;
  }
  std::string_view part = Trim(text->substr(at + 1));
  *text = text->substr(0, at);
  return part;
}

// A token as it is, or what a quoted string holds (RFC 9110 5.6.4).
std::string Unquote(std::string_view value) {
  if (value.size() < 2 || value.front() != '"' || value.back() != '"') return std::string(value);
  std::string plain;
  for (size_t at = 1; at + 1 < value.size(); ++at) {
    if (value[at] == '\\' && at + 2 < value.size()) ++at;
    plain += value[at];
  }
  return plain;
}

// RFC 7239 6: an address with or without a port, which may be hidden ("_gazonk").
std::optional<Peer> ParseNode(const std::string& node) {
  if (std::optional<Peer> peer = ParsePeer(node)) return peer;
  size_t hidden = node.rfind(":_");
  if (hidden == std::string::npos) return std::nullopt;
  std::optional<Peer> peer = ParsePeer(std::string_view(node).substr(0, hidden));
  bool bare_v6 = peer && !peer->ip.is_v4() && node.front() != '[';
  return peer && !peer->port && !bare_v6 ? peer : std::nullopt;
}

// What an element's `for` says; nothing if it says none, or two.
std::optional<Peer> ForOf(std::string_view element) {
  std::optional<std::string> node;
  for (std::optional<std::string_view> rest = element; rest;) {
    std::string_view pair = TakeLast(rest, ';');
    size_t equals = std::min(pair.find('='), pair.size());
    std::string_view name = pair.substr(0, equals);
    if (!absl::EqualsIgnoreCase(absl::string_view(name.data(), name.size()), "for")) continue;
    if (node || equals == pair.size()) return std::nullopt;
    node = Unquote(pair.substr(equals + 1));
  }
  return node ? ParseNode(*node) : std::nullopt;
}

}  // namespace

std::string_view NameOf(ForwardedHeader header) {
  return header == ForwardedHeader::kForwarded ? "forwarded" : "x-forwarded-for";
}

Peer ClientBehind(Peer peer, std::string_view value, ForwardedHeader header,
                  const Networks& trusted) {
  for (std::optional<std::string_view> rest = value; rest && trusted.Contain(peer.ip);) {
    std::string_view hop = TakeLast(rest, ',');
    std::optional<Peer> before =
        header == ForwardedHeader::kForwarded ? ForOf(hop) : ParsePeer(hop);
    if (!before) break;
    peer = *before;
  }
  return peer;
}

}  // namespace sluice::edge
