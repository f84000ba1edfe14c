// SPDX-License-Identifier: Apache-2.0
#include "gateway/server/refusal_log.h"

#include <optional>

#include "absl/strings/str_replace.h"
#include "gateway/edge/ip.h"

namespace sluice::server {
namespace {

constexpr size_t kValueBytesMax = 200;  // of what strangers say

std::string Short(std::string_view text) {
  if (text.size() <= kValueBytesMax) return std::string(text);
  return std::string(text.substr(0, kValueBytesMax)) + "...";
}

// Queries hold passwords and tokens.
std::string PathOf(std::string_view target) { return Short(target.substr(0, target.find('?'))); }

}  // namespace

std::string AddressOfCaller(std::string_view peer) {
  std::string_view rest =
      peer.substr(peer.starts_with("ipv4:") || peer.starts_with("ipv6:") ? 5 : 0);
  std::string address = absl::StrReplaceAll(absl::string_view(rest.data(), rest.size()),
                                            {{"%5B", "["}, {"%5D", "]"}});
  std::optional<edge::Peer> known = edge::ParsePeer(address);
  return known ? edge::FormatPeer(*known) : std::string(peer);
}

uint64_t RefusalLog::Due(std::string_view kind) {
  const Instant now = ReadClocks().steady;
  absl::MutexLock lock(&mutex_);
  auto it = kinds_.find(kind);
  if (it == kinds_.end()) it = kinds_.emplace(std::string(kind), Seldom(rate_)).first;
  return it->second.Take(1, now);
}

void RefusalLog::Refused(const edge::RefusedClient& refused) {
  uint64_t count = Due(refused.reason);
  if (count == 0) return;
  log_.Info("client refused", {{"reason", std::string(refused.reason)},
                               {"what", Short(refused.what)},
                               {"path", PathOf(refused.target)},
                               {"client", refused.client},
                               {"count", std::to_string(count)},
                               {"trace", std::string(refused.trace)},
                               {"hint", std::string(refused.hint)}});
}

void RefusalLog::TokenRefused(const std::string& peer, std::string_view what) {
  uint64_t count = Due("control token");
  if (count == 0) return;
  log_.Info("backend refused", {{"reason", "token"},
                                {"what", std::string(what)},
                                {"caller", AddressOfCaller(peer)},
                                {"count", std::to_string(count)},
                                {"hint", "--control-token-file holds the tokens that are good"}});
}

void RefusalLog::BadToken(const hub::ConnectionEvent& event) {
  uint64_t count = Due("client token");
  if (count == 0) return;
  log_.Info("client's token refused", {{"reason", "token"},
                                       {"what", Short(event.extras().reason)},
                                       {"namespace", event.space},
                                       {"connection", event.connection},
                                       {"count", std::to_string(count)},
                                       {"hint", "--jwt-keys holds the keys that are good"}});
}

}  // namespace sluice::server
