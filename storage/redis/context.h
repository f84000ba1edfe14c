// SPDX-License-Identifier: Apache-2.0
//
// What all parts of one client share. Internal to the room.
#pragma once

#include <memory>

#include "absl/random/random.h"
#include "storage/redis/options.h"
#include "storage/redis/probe.h"

namespace boost::asio::ssl {
class context;
}

namespace sluice::runtime {
class Loop;
}

namespace sluice::storage::redis {

struct Context {
  runtime::Loop& loop;
  const Options& options;
  Probe& probe;
  std::shared_ptr<boost::asio::ssl::context> tls;  // null: none
  absl::BitGen random{};
};

}  // namespace sluice::storage::redis
