// SPDX-License-Identifier: Apache-2.0
//
// How the bounds of a connection meet: what one of them lets in must fit through the next.
#pragma once

#include <cstddef>

namespace sluice::hub {

// What is around a body in a frame, in the dialect that says most; without the name.
inline constexpr size_t kEnvelopeBytes = 256;
// A byte of a text may become \u00xx; base64 (4 for 3) and numbers of MessagePack grow less.
inline constexpr size_t kGrowthMax = 6;

// The most bytes that a message may have on the wire, whichever dialect says it.
constexpr size_t FrameBytesMax(size_t body, size_t name) {
  return kGrowthMax * (body + name) + kEnvelopeBytes;
}
// The same where the body stays as it is (JSON for a JSON dialect, bytes for a binary one): an
// option that allows such a body contradicts an --outbox-bytes below this.
constexpr size_t FrameBytesPlain(size_t body, size_t name) { return body + name + kEnvelopeBytes; }

// The most that one client may say at once: --bytes-burst, and what one read may overdraw.
constexpr size_t BurstBytes(size_t bytes_burst, size_t read_max) { return bytes_burst + read_max; }

// Whether that finds room in a queue that was empty (--outbox-bytes, --guard-queue-bytes), as
// `messages` (--commands-burst) of one kind.
constexpr bool BurstFits(size_t burst, size_t messages, size_t cost_each, size_t queue_bytes) {
  return burst + messages * cost_each <= queue_bytes;
}

// What a publication costs in a guard's queue beside its bytes.
inline constexpr size_t kQueuedCost = 64;
// An error in a batch's answer.
inline constexpr size_t kErrorBytes = 256;

}  // namespace sluice::hub
