// SPDX-License-Identifier: Apache-2.0
//
// A streaming response that is pulled from something on the node's thread: the source says that
// there is something, and as much is taken as can be written now; what waits, waits in the source,
// which has a bound.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <utility>

#include "absl/status/statusor.h"
#include "control/node.h"
#include "control/rpc_stream.h"
#include "storage/executor.h"

namespace sluice::control {

template <typename Response>
class PulledStream : public RpcStream<Response> {
 public:
  // Opens the source at home. `self` is this stream.
  void Begin(std::shared_ptr<PulledStream> self) {
    me_ = self;
    node_.home.Post([self = std::move(self)](Now now) { self->Start(self, now); });
  }

 protected:
  PulledStream(const Rpc& rpc, const Node& node, ControlProbe& probe)
      : RpcStream<Response>(rpc, probe), node_(node) {}

  // All of these on the node's thread. `ready` is for the source: something can be taken; it may be
  // called at any time, and from within it nothing is taken. The status is the rpc's.
  virtual absl::StatusOr<uint64_t> Open(std::function<void()> ready, Now now) = 0;
  // The next message, the greeting before all others; nothing: not before `ready`.
  virtual std::optional<Response> Take(uint64_t id) = 0;
  virtual void Close(uint64_t id) = 0;

  const Node& node_;

 private:
  void Start(const std::shared_ptr<PulledStream>& self, Now now) {
    if (gone_) return;
    // Told from within the source, so nothing is taken before it has finished what it does.
    auto id = Open(
        [weak = std::weak_ptr(self)] {
          if (auto stream = weak.lock()) stream->PostPull(stream);
        },
        now);
    if (!id.ok()) return this->Fail(id.status());
    id_ = *id;
    Pull();
  }

  void PostPull(std::shared_ptr<PulledStream> self) {
    node_.home.Post([self = std::move(self)](Now) { self->Pull(); });
  }

  void Pull() {
    if (!id_ || !this->idle()) return;
    if (auto response = Take(*id_)) this->Push(*std::move(response));
  }

  void OnIdle() override {
    if (auto self = me_.lock()) PostPull(std::move(self));
  }

  void OnGone() override {
    auto self = me_.lock();
    if (!self) return;
    node_.home.Post([self](Now) {
      self->gone_ = true;
      if (self->id_) self->Close(*self->id_);
      self->id_.reset();
    });
  }

  std::weak_ptr<PulledStream> me_;  // set before gRPC knows the stream

  // The node's thread only.
  bool gone_ = false;
  std::optional<uint64_t> id_;
};

}  // namespace sluice::control
