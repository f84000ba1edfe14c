// SPDX-License-Identifier: Apache-2.0
//
// The server's side of one streaming response: a queue of messages, one write at a time, a status
// at the end. It keeps itself alive until gRPC is done with it; whoever else holds it may go on
// calling it, in vain, after that.
#pragma once

#include <grpcpp/support/server_callback.h>

#include <atomic>
#include <deque>
#include <memory>
#include <optional>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "control/grpc_status.h"
#include "control/probe.h"
#include "storage/time.h"

namespace sluice::control {

template <typename Message>
class RpcStream : public grpc::ServerWriteReactor<Message> {
 public:
  RpcStream(const Rpc& rpc, ControlProbe& probe) : rpc_(rpc), probe_(probe), began_(ReadClocks()) {
    probe.Began();
  }

  // What to return from the service's method.
  grpc::ServerWriteReactor<Message>* Keep(std::shared_ptr<RpcStream> self) {
    self_ = std::move(self);
    return this;
  }

  // --- any thread -----------------------------------------------------------------------------

  // Queues; returns the bytes that wait now.
  size_t Push(Message message) {
    size_t waiting = 0;
    {
      absl::MutexLock lock(&mutex_);
      if (end_) return 0;
      bytes_ += message.ByteSizeLong();
      waiting = bytes_;
      queue_.push_back(std::move(message));
    }
    Pump();
    return waiting;
  }

  // Queues in place of what waits already: only the latest matters.
  void Replace(Message message) {
    {
      absl::MutexLock lock(&mutex_);
      queue_.clear();
      bytes_ = 0;
    }
    Push(std::move(message));
  }

  // Ends the stream behind what is queued. The first end counts.
  void End(absl::Status status) { EndWith(std::move(status), false); }

  // Ends the stream at once.
  void Fail(absl::Status status) { EndWith(std::move(status), true); }

  // Nothing waits to be written, and the stream has not ended.
  bool idle() const {
    absl::MutexLock lock(&mutex_);
    return !end_ && !writing_ && queue_.empty();
  }

 protected:
  // Everything is written. On one of gRPC's threads.
  virtual void OnIdle() {}
  // The caller has gone or the stream has ended: once, on one of gRPC's threads.
  virtual void OnGone() {}

 private:
  void EndWith(absl::Status status, bool now) {
    {
      absl::MutexLock lock(&mutex_);
      if (!end_) end_ = std::move(status);
      if (now) queue_.clear();
    }
    Pump();
  }

  // Whoever marks the stream as writing (or finished) is the one that tells gRPC so, without the
  // lock: gRPC may call back from within.
  void Pump() {
    bool finish = false;
    {
      absl::MutexLock lock(&mutex_);
      if (writing_ || finished_) return;
      if (!queue_.empty()) {
        writing_ = true;
        current_ = std::move(queue_.front());
        queue_.pop_front();
        bytes_ -= std::min(bytes_, current_.ByteSizeLong());
      } else if (end_) {
        finished_ = finish = true;
      } else {
        return;
      }
    }
    if (finish) {
      this->Finish(ToGrpc(*end_));
    } else {
      this->StartWrite(&current_);
    }
  }

  void OnWriteDone(bool ok) final {
    {
      absl::MutexLock lock(&mutex_);
      writing_ = false;
      if (!ok) {
        queue_.clear();
        if (!end_) end_ = absl::CancelledError("the caller is gone");
      }
    }
    if (idle()) OnIdle();
    Pump();
  }

  void OnCancel() final {
    Fail(absl::CancelledError("the caller is gone"));
    Leave();
  }

  void OnDone() final {
    Leave();
    probe_.Ended(rpc_, *end_, ReadClocks() - began_);
    auto self = std::move(self_);
  }

  void Leave() {
    if (!gone_.exchange(true)) OnGone();
  }

  const Rpc& rpc_;
  ControlProbe& probe_;
  const Instant began_;
  std::shared_ptr<RpcStream> self_;
  std::atomic<bool> gone_{false};

  mutable absl::Mutex mutex_;
  std::deque<Message> queue_;
  size_t bytes_ = 0;  // of the queue
  Message current_;   // being written
  bool writing_ = false;
  bool finished_ = false;
  std::optional<absl::Status> end_;  // set once, then never changed
};

}  // namespace sluice::control
