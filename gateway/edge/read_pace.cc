// SPDX-License-Identifier: Apache-2.0
#include "gateway/edge/read_pace.h"

#include <algorithm>

namespace sluice::edge {

ReadPace::Cause ReadPace::Charge(const Limits& limits, std::string_view bytes, Instant now) {
  absl::Duration by_bytes = absl::ZeroDuration();
  absl::Duration by_frames = absl::ZeroDuration();
  if (limits.bytes_per_second > 0) {
    auto amount = static_cast<double>(bytes.size());
    by_bytes = bytes_.Spend(amount, static_cast<double>(limits.bytes_per_second),
                            static_cast<double>(limits.bytes_burst), now);
  }
  if (framed_ && limits.frames_per_second > 0) {
    if (size_t frames = counter_.Put(bytes); frames > 0) {
      by_frames = frames_.Spend(static_cast<double>(frames), limits.frames_per_second,
                                static_cast<double>(limits.frames_burst), now);
    }
  }
  resume_at_ = now + std::max(by_bytes, by_frames);
  if (resume_at_ == now) return Cause::kNone;
  return by_bytes >= by_frames ? Cause::kBytes : Cause::kFrames;
}

}  // namespace sluice::edge
