// SPDX-License-Identifier: Apache-2.0
#include "control/drain_verbs.h"

#include <algorithm>
#include <optional>

#include "control/done.h"
#include "control/selector.h"
#include "control/status.h"
#include "control/values.h"
#include "storage/executor.h"
#include "text/utf8.h"

namespace sluice::control {
namespace {

constexpr size_t kIdMax = 63;
constexpr uint32_t kPerSecondMax = 100000;
constexpr absl::Duration kGraceMax = absl::Hours(1);
constexpr absl::Duration kReconnectWindowMax = absl::Hours(1);

bool IsDrainId(std::string_view id) {
  return id.size() <= kIdMax && std::all_of(id.begin(), id.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
         });
}

// Nothing: it is no grace.
std::optional<absl::Duration> GraceOf(const v1::StartDrainRequest& request, const Limits& limits) {
  if (!request.has_grace()) return limits.drain_grace;
  auto grace = ToDuration(request.grace());
  if (!grace || *grace < absl::ZeroDuration() || *grace > kGraceMax) return std::nullopt;
  return grace;
}

// Nothing: it is no window.
std::optional<absl::Duration> ReconnectWindowOf(const v1::StartDrainRequest& request) {
  if (!request.has_reconnect_window()) return absl::ZeroDuration();
  auto window = ToDuration(request.reconnect_window());
  if (!window || *window < absl::ZeroDuration() || *window > kReconnectWindowMax) {
    return std::nullopt;
  }
  return window;
}

bool Ended(v1::Drain::State state) {
  return state == v1::Drain::STATE_DONE || state == v1::Drain::STATE_CANCELLED;
}

// Running outlasts paused outlasts cancelled outlasts done.
int Rank(v1::Drain::State state) {
  switch (state) {
    case v1::Drain::STATE_RUNNING:
      return 4;
    case v1::Drain::STATE_PAUSED:
      return 3;
    case v1::Drain::STATE_CANCELLED:
      return 2;
    default:
      return 1;
  }
}

bool Before(const google::protobuf::Timestamp& a, const google::protobuf::Timestamp& b) {
  return std::pair(a.seconds(), a.nanos()) < std::pair(b.seconds(), b.nanos());
}

void Add(const v1::Drain& part, v1::Drain& total) {
  total.set_matched(total.matched() + part.matched());
  total.set_closed(total.closed() + part.closed());
  total.set_gone(total.gone() + part.gone());
  total.set_remaining(total.remaining() + part.remaining());
  total.set_finishing(total.finishing() + part.finishing());
  if (Rank(part.state()) > Rank(total.state())) total.set_state(part.state());
  if (Before(part.started_at(), total.started_at()))
    *total.mutable_started_at() = part.started_at();
  if (Before(total.ended_at(), part.ended_at())) *total.mutable_ended_at() = part.ended_at();
}

// By node, of all that the parts name and that have no part themselves.
std::map<std::string, uint64_t> LostOf(const Parts<v1::Drain>& parts) {
  std::map<std::string, uint64_t> nodes;
  for (const auto& [node, drain] : parts.parts) {
    if (!drain.ok()) continue;
    for (const v1::Drain::Lost& lost : drain->lost()) nodes[lost.node()] = lost.matched();
  }
  for (const auto& [node, drain] : parts.parts) {
    if (drain.ok()) nodes.erase(text::ToUtf8(node));
  }
  return nodes;
}

// Of several errors, the one that says most: that a drain ended says more than that it is unknown.
absl::Status WorstOf(const Parts<v1::Drain>& parts) {
  for (const auto& part : parts.parts) {
    if (!absl::IsNotFound(part.response.status())) return part.response.status();
  }
  return parts.parts.front().response.status();
}

}  // namespace

absl::Status CheckStartDrain(const Node& node, const v1::StartDrainRequest& request) {
  auto selector = ToSelector(request.selector(), node.name, node.limits);
  if (!selector.ok()) return selector.status();
  if (!IsDrainId(request.drain_id())) {
    return Invalid("FIELD_INVALID", "drain_id", "an id is 1 to 63 of [a-z0-9-], or left out");
  }
  if (request.per_second() < 1 || request.per_second() > kPerSecondMax) {
    return Invalid("PACE_INVALID", "per_second", "a pace is 1 to 100000 a second");
  }
  if (request.jitter_percent() > 100) {
    return Invalid("JITTER_INVALID", "jitter_percent", "a percentage is 0 to 100");
  }
  if (request.refuse_new() && !IsWholeNamespace(request.selector())) {
    return Invalid("REFUSE_NEEDS_WHOLE_NAMESPACE", "refuse_new",
                   "only a drain of a whole namespace can refuse new connections");
  }
  if (!GraceOf(request, node.limits)) {
    return Invalid("GRACE_INVALID", "grace", "a grace is 0 to 1 h, or left out");
  }
  if (!ReconnectWindowOf(request)) {
    return Invalid("RECONNECT_WINDOW_INVALID", "reconnect_window",
                   "a window is 0 to 1 h, or left out");
  }
  return CheckClose(request.code(), request.reason());
}

absl::StatusOr<v1::Drain> MergeDrains(Parts<v1::Drain> parts) {
  v1::Drain total;
  bool first = true;
  const std::map<std::string, uint64_t> lost = LostOf(parts);
  for (auto& part : parts.parts) {
    if (!part.response.ok()) continue;
    v1::Drain own = OwnPart(*std::move(part.response));
    if (first) {
      total = std::move(own);
    } else {
      Add(own, total);
    }
    first = false;
  }
  if (first) return WorstOf(parts);
  AddLost(lost, total);
  if (!Ended(total.state())) total.clear_ended_at();
  AddUnreachable(parts.unreachable, total);
  return total;
}

absl::StatusOr<SelectDrainVerb> SelectDrainVerb::Make(const Node& node, const Request& request) {
  absl::Status status = CheckStartDrain(node, request);
  if (!status.ok()) return status;
  auto selector = ToSelector(request.selector(), node.name, node.limits);
  if (!selector.ok()) return selector.status();
  SelectDrainVerb verb;
  verb.request_ = request;
  verb.plan_.selector = *std::move(selector);
  verb.plan_.jitter_percent = request.jitter_percent();
  verb.plan_.frame = {static_cast<uint16_t>(request.code()), request.reason()};
  verb.plan_.grace = GraceOf(request, node.limits).value_or(absl::ZeroDuration());
  verb.plan_.reconnect_window = ReconnectWindowOf(request).value_or(absl::ZeroDuration());
  verb.plan_.refuse_new = request.refuse_new();
  return verb;
}

void SelectDrainVerb::Run(const Node& node, Done<Response> done) && {
  // The asker waits --cluster-timeout for all selections, then says begin.
  const absl::Duration patience = 2 * node.limits.cluster_timeout;
  node.home.Post([&book = node.drains, request = std::move(request_), plan = std::move(plan_),
                  patience, done = std::move(done)](Now now) mutable {
    book.Select(request, std::move(plan), patience, now, std::move(done));
  });
}

absl::StatusOr<BeginDrainVerb> BeginDrainVerb::Make(const Node& node, const Request& request) {
  BeginDrainVerb verb;
  verb.id_ = request.drain_id();
  auto share = request.shares().find(node.name);
  if (share == request.shares().end()) return verb;
  verb.started_at_ = ToTime(share->second.started_at()).value_or(absl::InfinitePast());
  if (share->second.per_second() == 0) return verb;
  std::map<std::string, uint64_t> matched;
  for (const auto& [name, theirs] : request.shares()) matched[name] = theirs.matched();
  verb.shares_ = DrainShares(node.name, request.per_second(), std::move(matched));
  return verb;
}

void BeginDrainVerb::Run(const Node& node, Done<Response> done) && {
  node.home.Post([&book = node.drains, id = std::move(id_), started_at = started_at_,
                  shares = std::move(shares_), done = std::move(done)](Now now) mutable {
    done(shares ? book.Begin(id, started_at, *std::move(shares), now)
                : book.Abandon(id, started_at, now));
  });
}

}  // namespace sluice::control
