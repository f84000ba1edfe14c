// SPDX-License-Identifier: Apache-2.0
//
// What a connection finds on its shard. Owned by the shard thread, outlives its connections.
//
// Internal to the edge: this header includes Asio.
#pragma once

#include <cstdint>
#include <memory>

#include "absl/container/flat_hash_map.h"
#include "gateway/edge/buffer_pool.h"
#include "gateway/edge/common_parts.h"
#include "gateway/edge/probe.h"
#include "gateway/edge/wire.h"
#include "gateway/hub/shard.h"
#include "gateway/hub/timer_wheel.h"
#include "gateway/runtime/loop.h"
#include "storage/thread_checker.h"

namespace sluice::edge {

class Connection;

struct ShardParts {
  ShardParts(CommonParts& c, runtime::Loop& l)
      : common(c),
        loop(l),
        buffers(kSpareBuffers, c.options.message_bytes + kSpareSlack, c.options.unfinished_bytes) {}

  static constexpr size_t kSpareBuffers = 8;
  static constexpr size_t kSpareSlack = 4096;

  [[no_unique_address]] ThreadChecker thread;  // its connections are entered on it alone
  CommonParts& common;
  runtime::Loop& loop;
  hub::Shard* hub = nullptr;  // set before the loop starts
  EdgeProbe probe;
  hub::TimerWheel deadlines;
  BufferPool buffers;
  // Every connection that is not gone, by number.
  absl::flat_hash_map<uint64_t, boost::intrusive_ptr<Connection>> connections;
  size_t refusing = 0;  // of these, those that are only told why they cannot come in
};

}  // namespace sluice::edge
