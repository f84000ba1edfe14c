// SPDX-License-Identifier: Apache-2.0
//
// The sentinels of the URL, each over a link of its own, and what they say together. Loop thread.
// Internal to the room.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "storage/redis/context.h"
#include "storage/redis/link.h"
#include "storage/redis/reply.h"
#include "storage/time.h"

namespace sluice::storage::redis {

// What one sentinel says of the master.
struct MasterReport {
  Address address;
  int64_t epoch = 0;  // of the failover that made it master: the higher, the newer
};

// INTERNAL, or as StatusOf: it does not say.
absl::StatusOr<MasterReport> ParseMasterReport(const Reply& reply);

class Sentinels {
 public:
  explicit Sentinels(Context& context);

  void Start();
  void Stop();
  void Tick(Instant now);

  // Asks all of them who is master, and believes the newest report: that of a sentinel which was
  // cut off is an old one. UNAVAILABLE: none answers, or none knows.
  void Ask(Found found);

 private:
  struct One final : Link::User {
    One(Context& context, const Address& address)
        : link(
              context, Role::kSentinel, /*listening=*/false,
              [address](Found found) { found(address); }, *this) {}
    void OnReady(const ServerFacts&) override {}
    void OnPush(Reply) override {}
    void OnDown(const absl::Status&) override {}

    Link link;
  };

  void Begin();
  void OnReport(uint64_t round, const absl::StatusOr<Reply>& reply);
  void Conclude();

  Context& context_;
  std::deque<One> ones_;
  std::vector<Found> waiting_;  // for this round
  uint64_t round_ = 0;
  size_t expected_ = 0;  // reports of this round; 0: there is no round
  Instant until_;        // the round's end, whoever is missing
  std::optional<MasterReport> newest_;
  absl::Status trouble_;
};

}  // namespace sluice::storage::redis
