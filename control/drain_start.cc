// SPDX-License-Identifier: Apache-2.0
#include "control/drain_start.h"

#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>

#include "absl/random/random.h"
#include "absl/strings/str_cat.h"
#include "control/drain_shares.h"
#include "control/drain_verbs.h"
#include "control/queries.h"
#include "text/utf8.h"

namespace sluice::control {
namespace {

// Unlikely enough to be chosen twice, by whichever node.
std::string MakeDrainId() {
  absl::BitGen random;
  return absl::StrCat("drain-", absl::Hex(absl::Uniform<uint64_t>(random), absl::kZeroPad16));
}

// What would be drained.
v1::Drain Forecast(const v1::StartDrainRequest& request,
                   const v1::CountConnectionsResponse& count) {
  v1::Drain drain;
  *drain.mutable_selector() = request.selector();
  drain.set_id(request.drain_id());
  drain.set_per_second(request.per_second());
  drain.set_matched(count.connections());
  drain.set_remaining(count.connections());
  drain.set_refuse_new(request.refuse_new());
  AddUnreachable({count.unreachable().begin(), count.unreachable().end()}, drain);
  return drain;
}

void Count(Cluster& cluster, v1::StartDrainRequest request, absl::Duration patience,
           Done<v1::Drain> done) {
  v1::CountConnectionsRequest count;
  *count.mutable_selector() = request.selector();
  count.set_scope(request.scope());
  cluster.Run<CountConnectionsVerb>(
      count, patience,
      [request = std::move(request),
       done = std::move(done)](absl::StatusOr<v1::CountConnectionsResponse> counted) mutable {
        if (!counted.ok()) return done(counted.status());
        done(Forecast(request, *counted));
      });
}

// The first refusal. A node of another release refuses nothing: it counts as unreachable.
absl::Status RefusalOf(const Parts<v1::Drain>& parts) {
  for (const auto& [node, answer] : parts.parts) {
    if (!answer.ok() && !absl::IsFailedPrecondition(answer.status())) return answer.status();
  }
  return absl::OkStatus();
}

// Who has nothing to begin, even if it answers now.
std::set<std::string> SilentIn(const Parts<v1::Drain>& selected) {
  std::set<std::string> silent(selected.unreachable.begin(), selected.unreachable.end());
  for (const auto& [node, drain] : selected.parts) {
    if (!drain.ok()) silent.insert(node);
  }
  return silent;
}

// Every node that selected gets its share; of nothing, if somebody refused.
internal::v1::BeginDrainRequest ShareOut(const v1::StartDrainRequest& request,
                                         const Parts<v1::Drain>& selected, bool refused) {
  std::map<std::string, uint64_t> matched;
  for (const auto& [node, drain] : selected.parts) {
    if (drain.ok()) matched[node] = drain->matched();
  }
  internal::v1::BeginDrainRequest begin;
  begin.set_drain_id(request.drain_id());
  begin.set_scope(request.scope());
  begin.set_per_second(request.per_second());
  for (const auto& [node, drain] : selected.parts) {
    if (!drain.ok()) continue;
    internal::v1::DrainShare& share = (*begin.mutable_shares())[node];
    *share.mutable_started_at() = drain->started_at();
    share.set_matched(drain->matched());
    const double pace = DrainShares(node, request.per_second(), matched).pace().per_second;
    share.set_per_second(refused ? 0 : std::max<uint32_t>(static_cast<uint32_t>(pace), 1));
  }
  return begin;
}

}  // namespace

void StartDrain(Cluster& cluster, v1::StartDrainRequest request, absl::Duration patience,
                Done<v1::Drain> done) {
  absl::Status status = CheckStartDrain(cluster.node(), request);
  if (!status.ok()) return done(status);
  if (request.validate_only()) {
    return Count(cluster, std::move(request), patience, std::move(done));
  }
  if (request.drain_id().empty()) request.set_drain_id(text::ToUtf8(MakeDrainId()));
  auto kept = std::make_shared<const v1::StartDrainRequest>(std::move(request));
  cluster.Gather<SelectDrainVerb>(
      *kept, patience,
      [&cluster, kept, patience,
       done = std::move(done)](absl::StatusOr<Parts<v1::Drain>> selected) mutable {
        if (!selected.ok()) return done(selected.status());
        absl::Status refusal = RefusalOf(*selected);
        cluster.Gather<BeginDrainVerb>(
            ShareOut(*kept, *selected, !refusal.ok()), patience,
            [refusal, silent = SilentIn(*selected),
             done = std::move(done)](absl::StatusOr<Parts<v1::Drain>> begun) mutable {
              if (!refusal.ok()) return done(refusal);
              if (!begun.ok()) return done(begun.status());
              silent.insert(begun->unreachable.begin(), begun->unreachable.end());
              begun->unreachable.assign(silent.begin(), silent.end());
              done(MergeDrains(*std::move(begun)));
            });
      });
}

}  // namespace sluice::control
