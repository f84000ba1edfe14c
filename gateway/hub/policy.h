// SPDX-License-Identifier: Apache-2.0
//
// What holds in a namespace: its bounds, and what is decided where nobody else decides. A value,
// looked up once when a shard gets to know the namespace; the options in the comments say more.
#pragma once

#include <cstddef>
#include <cstdint>

#include "absl/time/time.h"
#include "gateway/hub/decode_limits.h"
#include "storage/presence.h"

namespace sluice::hub {

// What becomes of memberships whose right was that somebody was authenticated, once that ends
// (--on-deauthenticated; rights.h).
enum class OnDeauthenticated : uint8_t { kLeave, kRecheck, kKeep };

struct NamespacePolicy {
  // What a connection may say.
  struct Rates {
    double commands_per_second = 100;  // --commands-per-second; 0: no limit
    size_t commands_burst = 200;       // --commands-burst
  };
  // What is asked of workers.
  struct Calls {
    absl::Duration timeout = absl::Seconds(10);  // --call-timeout
    size_t per_connection = 64;                  // --calls-per-connection, in flight
    size_t method_queue = 1024;                  // --method-queue, calls a method on each shard
  };
  // What may wait for a client, in bytes.
  struct Delivery {
    size_t outbox_bytes = 1 << 20;  // --outbox-bytes
    // --guard-queue, publications that wait for one client's guard; 0: any number.
    size_t guard_queue = 0;
    size_t guard_queue_bytes = 1 << 20;  // --guard-queue-bytes, of these
    // --alive-bytes-per-second: who takes as many lives, even if it answers no ping.
    uint64_t alive_bytes_per_second = 16 << 10;
  };
  struct Channels {
    size_t per_connection = 128;                                       // --channels-per-connection
    OnDeauthenticated on_deauthenticated = OnDeauthenticated::kLeave;  // --on-deauthenticated
  };
  struct Guards {
    absl::Duration timeout = absl::Seconds(5);  // --guard-timeout
    bool open = false;                          // --guard-default open: allowed if no guard answers
  };
  // Who may come in, and under which id.
  struct Arrival {
    bool admission_required = false;                                   // --admission-required
    absl::Duration admission_timeout = absl::Seconds(5);               // --admission-timeout
    storage::ClaimPolicy id_policy = storage::ClaimPolicy::kSameUser;  // --id-policy
    // --id-probe-timeout: what the holder of an id has to answer a ping when another wants it; 0:
    // it is not asked.
    absl::Duration id_probe_timeout = absl::Seconds(2);
    // --storage-down accept: somebody comes in although nobody can say now whether its id is free.
    bool unclaimed = false;
  };
  // How long a connection may last.
  struct Lifetime {
    absl::Duration max = absl::ZeroDuration();  // --connection-lifetime; zero: for ever
    uint32_t jitter_percent = 20;               // --connection-lifetime-jitter
    absl::Duration grace = absl::Seconds(10);   // --drain-grace
  };
  // Lists that a client gets.
  struct Lists {
    size_t members_max = 5000;  // --members-max
    size_t bytes = 256 << 10;   // --list-bytes: members, methods, what became of channels
  };
  Rates rates;
  Calls calls;
  Delivery delivery;
  Channels channels;
  Guards guards;
  Arrival arrival;
  Lifetime lifetime;
  Lists lists;
  size_t labels_bytes = 4 << 10;  // --labels-bytes, names and values, each connection
  // --client-calls-per-connection, responses that one connection owes to backends.
  size_t requests_per_connection = 1000;
  DecodeLimits decode;
};

}  // namespace sluice::hub
