// SPDX-License-Identifier: Apache-2.0
#include "control/drain_stream.h"

#include <atomic>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "control/cluster.h"
#include "control/drain_book.h"
#include "control/drain_verbs.h"
#include "control/rpc_stream.h"
#include "control/status.h"
#include "control/values.h"
#include "text/utf8.h"

namespace sluice::control {
namespace {

constexpr absl::Duration kPollInterval = absl::Milliseconds(100);

bool Ended(const v1::Drain& drain) {
  return drain.state() == v1::Drain::STATE_DONE || drain.state() == v1::Drain::STATE_CANCELLED;
}

// The nodes, this one or many, are asked again and again.
class DrainStream final : public RpcStream<v1::Drain> {
 public:
  DrainStream(const v1::WatchDrainRequest& request, Cluster& cluster, ControlProbe& probe)
      : RpcStream(RpcOf<v1::WatchDrainRequest>(), probe), cluster_(cluster), probe_(probe) {
    request_.set_drain_id(text::ToUtf8(request.drain_id()));
    request_.set_scope(request.scope());
    probe_.drain_watchers.Add(1);
  }
  ~DrainStream() override { probe_.drain_watchers.Add(-1); }

  void Poll(std::shared_ptr<DrainStream> self) {
    cluster_.Gather<GetDrainVerb>(request_, cluster_.node().limits.cluster_timeout,
                                  [self](absl::StatusOr<Parts<v1::Drain>> parts) {
                                    if (!parts.ok()) return self->Fail(parts.status());
                                    self->Take(*std::move(parts), self);
                                  });
  }

 private:
  void Take(Parts<v1::Drain> parts, const std::shared_ptr<DrainStream>& self) {
    if (left_) return;
    DropNamesakes(parts);
    absl::StatusOr<v1::Drain> drain = MergeDrains(std::move(parts));
    if (!drain.ok()) return Fail(drain.status());
    const bool ended = Ended(*drain);
    std::string bytes = drain->SerializeAsString();
    if (bytes != last_) Replace(*std::move(drain));
    last_ = std::move(bytes);
    if (ended) return End(absl::OkStatus());
    PollLater(self);
  }

  // Once the drain is forgotten its id may name another; each node's part is the one that it showed
  // first.
  void DropNamesakes(Parts<v1::Drain>& parts) {
    for (auto& [node, drain] : parts.parts) {
      if (!drain.ok()) continue;
      const absl::Time started_at = ToTime(drain->started_at()).value_or(absl::InfinitePast());
      if (starts_.try_emplace(node, started_at).first->second == started_at) continue;
      drain = Error(absl::StatusCode::kNotFound, "DRAIN_NOT_FOUND",
                    "the drain is forgotten; its id names another", "drain_id");
    }
  }

  // By the node's own ticks: gRPC's alarms wait on the world's clock, and stand still when that is
  // set back.
  void PollLater(const std::shared_ptr<DrainStream>& self) {
    cluster_.node().drains.OnNextTick([weak = std::weak_ptr(self)](Now now) {
      auto stream = weak.lock();
      if (!stream || stream->left_) return;
      if (now < stream->looked_ + kPollInterval) return stream->PollLater(stream);
      stream->looked_ = now;
      stream->Poll(stream);
    });
  }

  void OnGone() override { left_ = true; }

  Cluster& cluster_;
  ControlProbe& probe_;
  v1::GetDrainRequest request_;
  std::atomic<bool> left_{false};

  // Home thread only.
  std::map<std::string, absl::Time> starts_;  // by node
  std::string last_;
  Instant looked_ = Instant::Past();
};

}  // namespace

grpc::ServerWriteReactor<v1::Drain>* StreamDrain(const v1::WatchDrainRequest& request,
                                                 absl::Status admitted, Cluster& cluster,
                                                 ControlProbe& probe) {
  auto stream = std::make_shared<DrainStream>(request, cluster, probe);
  auto* reactor = stream->Keep(stream);
  if (admitted.ok()) {
    stream->Poll(stream);
  } else {
    stream->Fail(std::move(admitted));
  }
  return reactor;
}

}  // namespace sluice::control
