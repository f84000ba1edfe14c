// SPDX-License-Identifier: Apache-2.0
//
// What a drain tells the shards: how its connections are to be closed, and whom to tell of it.
// Made once, immutable, shared by the drain and by every connection whose turn has come; its
// address is the drain's identity, so that nothing which comes late can meet another drain.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>

#include "absl/time/time.h"
#include "gateway/hub/close.h"
#include "storage/time.h"

namespace sluice::hub {

// What became of connections whose turn had come.
struct DrainParted {
  size_t closed = 0;  // by this drain
  size_t gone = 0;    // otherwise, before this drain could
  size_t spared = 0;  // the drain was cancelled while they had their grace
};

struct DrainOrder {
  CloseCause cause = CloseCause::kDrain;
  CloseFrame frame{};  // code 0: the dialect's own
  // For what is under way on a connection; zero: closed at once.
  absl::Duration grace = absl::ZeroDuration();
  Instant latest = Instant::Future();  // when every grace is over
  // Each client is advised of a random moment within so long to come back; zero: of none.
  absl::Duration reconnect_window = absl::ZeroDuration();
  // Each connection is in exactly one of these. From the shards' threads, several at once.
  std::function<void(const DrainParted&)> parted;
};
using SharedDrainOrder = std::shared_ptr<const DrainOrder>;

}  // namespace sluice::hub
