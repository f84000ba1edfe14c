// SPDX-License-Identifier: Apache-2.0
//
// Where Redis is and who we are there, as one URL says it:
//
//   redis://[user:password@]host[:port][/db]          one server (rediss:// with TLS, on each
//   scheme) redis+sentinel://[...@]h1[:port],h2,h3/master[/db]  what these sentinels call `master`
//   redis+cluster://[...@]h1[:port],h2                a cluster that any of these belongs to
//
// The password alone is written `:password@`. What is before the last `@` are credentials: they are
// split at the first `:`, and then each is percent-decoded; a `+` is a plus. Hosts are names, IPv4
// or [IPv6]; ports are 6379, or 26379 for sentinels, unless they are said.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace sluice::storage::redis {

struct Address {
  std::string host;
  uint16_t port = 0;

  friend bool operator==(const Address&, const Address&) = default;
  friend auto operator<=>(const Address&, const Address&) = default;
};

// host:port, or [host]:port for IPv6.
std::string ToString(const Address& address);

enum class Topology { kStandalone, kSentinel, kCluster };

struct Url {
  Topology topology = Topology::kStandalone;
  bool tls = false;
  std::string user{};                // empty: Redis' default user
  std::string password{};            // empty: none
  std::vector<Address> addresses{};  // at least one; exactly one if standalone
  std::string master{};              // sentinels: what they call it
  int db = 0;
};

// INVALID_ARGUMENT says what is wrong and shows nothing of the text, which may hold a password in
// any place once it is wrong.
absl::StatusOr<Url> ParseUrl(std::string_view text);

// As it may be shown to people: with *** for user and password.
std::string Redacted(const Url& url);

}  // namespace sluice::storage::redis
