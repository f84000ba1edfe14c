// SPDX-License-Identifier: Apache-2.0
//
// How fast one client is read: so many bytes a second, and so many frames that begin no message
// (frame_counter.h). Whoever sends faster is not refused, it is read later; what it has sent waits
// in the kernels on the way. Reads no clock.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "absl/time/time.h"
#include "gateway/edge/frame_counter.h"
#include "gateway/hub/token_bucket.h"
#include "storage/time.h"

namespace sluice::edge {

class ReadPace {
 public:
  struct Limits {
    uint64_t bytes_per_second = 4 << 20;  // --bytes-per-second; 0: no limit
    size_t bytes_burst = 512 << 10;       // --bytes-burst
    double frames_per_second = 1000;      // --frames-per-second; 0: no limit
    size_t frames_burst = 2000;           // --frames-burst
  };
  enum class Cause : uint8_t { kNone, kBytes, kFrames };

  // The request is over: what comes from now on is frames.
  void BeginFrames() { framed_ = true; }

  // These bytes were read at `now`. Not kNone: what is responsible for a wait until resume_at().
  Cause Charge(const Limits& limits, std::string_view bytes, Instant now);

  // When to read on.
  Instant resume_at() const { return resume_at_; }

 private:
  hub::TokenBucket bytes_;
  hub::TokenBucket frames_;
  Instant resume_at_ = Instant::Past();
  FrameCounter counter_;
  bool framed_ = false;
};

}  // namespace sluice::edge
