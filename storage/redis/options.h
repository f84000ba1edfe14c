// SPDX-License-Identifier: Apache-2.0
//
// How we speak to Redis. Plain values; the root fills and checks them once.
#pragma once

#include <cstddef>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "storage/redis/url.h"

namespace sluice::storage::redis {

struct TlsOptions {
  std::string ca;    // --redis-tls-ca, PEM; empty: the system's
  std::string cert;  // --redis-tls-cert, PEM chain that we show; empty: none
  std::string key;   // --redis-tls-key, PEM
  std::string name;  // --redis-tls-name that certificates must have; empty: the host of the URL
};

struct Options {
  Url url;                             // --storage
  std::string key_prefix = "sluice:";  // --redis-key-prefix, of every key and channel
  std::string sentinel_user;           // --redis-sentinel-user; the URL's is for the servers
  std::string sentinel_password;       // of --redis-sentinel-password-file; empty: none
  TlsOptions tls;                      // with rediss://
  // --redis-connect-timeout, from the name's look-up to the last answer of the greeting
  absl::Duration connect_timeout = absl::Seconds(2);
  // --redis-command-timeout, with all retries; what comes later is dropped
  absl::Duration command_timeout = absl::Seconds(2);
  // --redis-queue-bytes, a connection: of commands that are not answered yet
  size_t queue_bytes = 16 << 20;
  size_t reply_bytes = 64 << 20;                         // --redis-reply-bytes, of one reply
  absl::Duration ping_interval = absl::Seconds(1);       // --redis-ping-interval, when idle
  absl::Duration silence = absl::Seconds(3);             // --redis-silence, unanswered: closed
  absl::Duration back_off_min = absl::Milliseconds(50);  // --redis-back-off-min, the first pause
  absl::Duration back_off_max = absl::Seconds(1);        // --redis-back-off-max, after many
  // --redis-topology-interval: sentinels are asked so often who is master; a cluster for its slots
  // thirty times as seldom, and in between at most so often when something has moved.
  absl::Duration topology_interval = absl::Seconds(1);

  // What every name in Redis begins with. Channels belong to no database, so it names that, too.
  std::string prefix() const;
};

// INVALID_ARGUMENT names the first option that is wrong and says what is allowed.
absl::Status Validate(const Options& options);

}  // namespace sluice::storage::redis
