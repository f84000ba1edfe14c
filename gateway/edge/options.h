// SPDX-License-Identifier: Apache-2.0
//
// The bounds and the address of the edge. Plain values; the root fills and checks
// them once.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "gateway/edge/forwarded.h"
#include "gateway/edge/read_pace.h"

namespace sluice::edge {

struct EdgeOptions {
  std::string listen = "0.0.0.0:8080";  // --listen; a numeric address, port 0 is allowed
  int backlog = 1024;                   // --backlog, connections that the kernel queues a shard
  std::string tls_cert;                 // --tls-cert, PEM chain; empty: no TLS
  std::string tls_key;                  // --tls-key, PEM

  size_t connections_max = 100000;   // --connections-max, over all shards; 0: no limit
  double accepts_per_second = 1000;  // --accepts-per-second, over all shards; 0: no limit
  size_t accepts_burst = 5000;       // --accepts-burst
  size_t descriptors_reserve = 256;  // --descriptors-reserve, what clients leave to others
  // Not an option: descriptors with this number and above are not for clients. What the reserve
  // makes of the process's limit.
  int descriptors_end = std::numeric_limits<int>::max();
  size_t refusals_max = 256;  // --refusals-max, a shard: told 503; what is beyond is cut
  absl::Duration retry_after = absl::Seconds(5);  // --retry-after, what a 503 advises

  absl::Duration handshake_timeout = absl::Seconds(10);  // --handshake-timeout, TLS to 101
  size_t header_bytes = 8 << 10;                         // --header-bytes, request line and all
  size_t header_count = 64;                              // --header-count
  size_t target_bytes = 4 << 10;                         // --target-bytes, path and query
  std::vector<std::string> origins;                      // --origins; see origin.h
  bool allow_no_origin = true;               // --allow-no-origin: clients that are no browsers
  std::vector<std::string> context_headers;  // --context-headers, kept for workers

  // Networks, see networks.h.
  std::vector<std::string> trust_forwarded_for;  // --trust-forwarded-for: proxies that are believed
  ForwardedHeader forwarded_header = ForwardedHeader::kXForwardedFor;  // --forwarded-header
  std::vector<std::string> proxy_protocol;  // --proxy-protocol: who begins with a PROXY header

  size_t message_bytes = 64 << 10;  // --message-bytes, one whole message
  ReadPace::Limits pace;            // --bytes-per-second and its like
  // --message-timeout, from where a message is seen to be long to its end
  absl::Duration message_timeout = absl::Minutes(1);
  size_t unfinished_bytes = 64 << 20;  // --unfinished-bytes, of messages being read, a shard
  size_t read_ahead_bytes = 64 << 10;  // --read-ahead-bytes, messages while a guard decides
  size_t pong_bytes = 64 << 10;        // --pong-bytes, answers to unread pings
  absl::Duration close_timeout = absl::Seconds(5);  // --close-timeout, each way of ending
  // --alive-bytes-per-second: who takes as many of what was said before the end may go on.
  uint64_t alive_bytes_per_second = 16 << 10;
};

// INVALID_ARGUMENT names the first option that is wrong and says what is
// allowed.
absl::Status Validate(const EdgeOptions& options);

}  // namespace sluice::edge
