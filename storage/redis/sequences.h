// SPDX-License-Identifier: Apache-2.0
//
// The places of envelopes in what a node says: given to those that go out, checked on those that
// come in, so that nothing is taken twice and a loss is seen. Plain values; one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"

namespace sluice::storage::redis {

struct Place {
  uint64_t sequence = 0;
  uint64_t previous = 0;  // the sequence before on the channel; 0: none, or forgotten
};

// What this node sends.
class OutgoingSequences {
 public:
  // Remembers the last sequence of at least `channels_min` channels, and of at most twice as many:
  // those that were used last. On one that was forgotten, one loss may go unseen.
  explicit OutgoingSequences(size_t channels_min = 10'000) : channels_min_(channels_min) {}

  Place Next(const std::string& channel);

 private:
  using Lasts = absl::flat_hash_map<std::string, uint64_t>;

  const size_t channels_min_;
  uint64_t sequence_ = 0;
  Lasts recent_;
  Lasts before_;  // what was recent until that was full
};

// A node, from one start to its end.
struct Incarnation {
  std::string node;
  std::string epoch;

  friend bool operator==(const Incarnation&, const Incarnation&) = default;
  template <typename H>
  friend H AbslHashValue(H h, const Incarnation& sender) {
    return H::combine(std::move(h), sender.node, sender.epoch);
  }
};

// What others send, on the channels that this node listens on.
class IncomingSequences {
 public:
  static constexpr size_t kSendersMax = 1000;  // on a channel, and that were retired

  enum class Verdict {
    kNext,
    kAfterGap,  // to be taken as well; but something before it is missing
    kReplayed,
    kOld,  // its sender was retired
  };
  // The first one of a sender on a channel is always next.
  Verdict Take(const std::string& channel, const Incarnation& sender, Place place);

  // Nobody listens on the channel any more.
  void Forget(const std::string& channel) { channels_.erase(channel); }

  // The sender is no more; or it was not gone after all.
  void Retire(const Incarnation& sender);
  void Restore(const Incarnation& sender);

 private:
  absl::flat_hash_map<std::string, absl::flat_hash_map<Incarnation, uint64_t>> channels_;
  absl::flat_hash_set<Incarnation> retired_;
  std::deque<Incarnation> retirements_;  // in their order; the oldest are forgotten
};

}  // namespace sluice::storage::redis
