// SPDX-License-Identifier: Apache-2.0
//
// A real master behind real sentinels for a test.
#pragma once

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "storage/redis/options.h"
#include "tests/storage/redis/client_world.h"
#include "tests/storage/redis/redis_server.h"

namespace sluice::storage::redis {

// A master, a replica, three sentinels that know all of them.
class RedisSentinels {
 public:
  RedisSentinels() {
    std::string config = absl::StrCat(
        "sentinel monitor m 127.0.0.1 ", master_.port(),
        " 2\nsentinel down-after-milliseconds m 500\nsentinel failover-timeout m 2000\n");
    for (int i = 0; i < 3; ++i) {
      sentinels_.push_back(std::make_unique<RedisServer>(std::vector<std::string>(), config));
    }
  }

  // Call it once: true when they know one another.
  bool Form() {
    return std::all_of(sentinels_.begin(), sentinels_.end(), [](auto& sentinel) {
      return Eventually([&] {
        std::string known = sentinel->Do({"SENTINEL", "MASTER", "m"});
        return known.find("num-slaves 1 num-other-sentinels 2") != std::string::npos;
      });
    });
  }

  Options Through(std::string master = "m") {
    Url url{.topology = Topology::kSentinel, .master = std::move(master)};
    for (auto& sentinel : sentinels_) url.addresses.push_back(sentinel->address());
    return QuickOptions(url);
  }

  RedisServer master_;
  RedisServer replica_{{"--replicaof", absl::StrCat("127.0.0.1 ", master_.port())}};
  std::vector<std::unique_ptr<RedisServer>> sentinels_;
};

}  // namespace sluice::storage::redis
