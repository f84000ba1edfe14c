// SPDX-License-Identifier: Apache-2.0
#include "control/drain_stream.h"

#include <grpcpp/alarm.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <utility>

#include "control/drain_verbs.h"
#include "control/rpc_stream.h"
#include "text/utf8.h"

namespace sluice::control {
namespace {

constexpr auto kPollInterval = std::chrono::milliseconds(100);

bool Ended(const v1::Drain& drain) {
  return drain.state() == v1::Drain::STATE_DONE || drain.state() == v1::Drain::STATE_CANCELLED;
}

class DrainStream : public RpcStream<v1::Drain> {
 public:
  DrainStream(std::string id, Cluster& cluster, ControlProbe& probe)
      : RpcStream(Rpc::kWatchDrain, probe), id_(std::move(id)), cluster_(cluster), probe_(probe) {
    probe_.drain_watchers.Add(1);
  }
  ~DrainStream() override { probe_.drain_watchers.Add(-1); }

 protected:
  void Show(v1::Drain drain) {
    bool ended = Ended(drain);
    Replace(std::move(drain));
    if (ended) End(absl::OkStatus());
  }

  const std::string id_;
  Cluster& cluster_;

 private:
  ControlProbe& probe_;
};

// A node alone is told of every change by its own drains.
class LocalWatch final : public DrainStream {
 public:
  using DrainStream::DrainStream;

  void Begin(std::shared_ptr<LocalWatch> self) {
    me_ = self;
    const Node& node = cluster_.node();
    node.home.Post([self, &book = node.drains](Now) { self->Open(book, self); });
  }

 private:
  void Open(DrainBook& book, std::shared_ptr<LocalWatch> self) {
    if (gone_) return;
    auto watch = book.AddWatch(id_, [self](v1::Drain drain) { self->Show(std::move(drain)); });
    if (!watch.ok()) return Fail(watch.status());
    watch_ = *watch;
    watching_ = true;
  }

  void OnGone() override {
    auto self = me_.lock();
    if (!self) return;
    const Node& node = cluster_.node();
    node.home.Post([self, &book = node.drains](Now) {
      self->gone_ = true;
      if (self->watching_) book.Unwatch(self->watch_);
      self->watching_ = false;
    });
  }

  std::weak_ptr<LocalWatch> me_;  // set before gRPC knows the stream

  // Home thread only.
  bool gone_ = false;
  bool watching_ = false;
  uint64_t watch_ = 0;
};

// A drain of several nodes is asked about, again and again.
class ClusterWatch final : public DrainStream {
 public:
  using DrainStream::DrainStream;

  void Poll(std::shared_ptr<ClusterWatch> self) {
    v1::GetDrainRequest request;
    request.set_drain_id(text::ToUtf8(id_));
    cluster_.Run<GetDrainVerb>(request, cluster_.node().limits.cluster_timeout,
                               [self](absl::StatusOr<v1::Drain> drain) {
                                 if (!drain.ok()) return self->Fail(drain.status());
                                 self->Take(*std::move(drain), self);
                               });
  }

 private:
  void Take(v1::Drain drain, std::shared_ptr<ClusterWatch> self) {
    bool ended = Ended(drain);
    std::string now = drain.SerializeAsString();
    if (now != last_) Show(std::move(drain));
    last_ = std::move(now);
    if (ended || left_) return;
    // A new alarm each time: this one's callback may still be running. It must not hold the stream,
    // whose part it is.
    alarm_ = std::make_unique<grpc::Alarm>();
    alarm_->Set(std::chrono::system_clock::now() + kPollInterval,
                [weak = std::weak_ptr(self)](bool ok) {
                  auto stream = weak.lock();
                  if (ok && stream && !stream->left_) stream->Poll(stream);
                });
  }

  void OnGone() override { left_ = true; }

  std::atomic<bool> left_{false};

  // Home thread only.
  std::string last_;
  std::unique_ptr<grpc::Alarm> alarm_;
};

}  // namespace

grpc::ServerWriteReactor<v1::Drain>* StreamDrain(const v1::WatchDrainRequest& request,
                                                 absl::Status admitted, Cluster& cluster,
                                                 ControlProbe& probe) {
  if (admitted.ok() && !cluster.alone()) {
    auto stream = std::make_shared<ClusterWatch>(request.drain_id(), cluster, probe);
    auto* reactor = stream->Keep(stream);
    stream->Poll(stream);
    return reactor;
  }
  auto stream = std::make_shared<LocalWatch>(request.drain_id(), cluster, probe);
  auto* reactor = stream->Keep(stream);
  if (admitted.ok()) {
    stream->Begin(stream);
  } else {
    stream->Fail(std::move(admitted));
  }
  return reactor;
}

}  // namespace sluice::control
