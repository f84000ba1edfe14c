// SPDX-License-Identifier: Apache-2.0
//
// One worker's Serve stream as gRPC has it: messages in, one at a time; messages out, one at a
// time; an end. What they mean is its conversation's, and it knows no shard.
//
// On the wire's bytes: a reactor of messages is not told a message that is no protobuf from the end
// of the stream.
#pragma once

#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/server_callback.h>

#include <memory>
#include <optional>

#include "absl/base/thread_annotations.h"
#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "control/limits.h"
#include "control/probe.h"
#include "sluice/v1/workers.pb.h"
#include "storage/time.h"

namespace sluice::control {

// What passes on a stream. Any thread. A conversation never calls its stream while it holds a lock
// that these take.
class Conversation {
 public:
  virtual ~Conversation() = default;

  // Reading: either is followed by the stream's Read or its End. It may keep none of `message`.
  virtual void OnMessage(v1::ServeRequest& message) = 0;
  virtual void OnHalfClosed() = 0;

  // Writing. These two are asked under the stream's lock: what is to be written next, if anything;
  // whether so much is that nothing more should be read.
  virtual std::optional<v1::ServeResponse> Next() = 0;
  virtual bool Behind() = 0;
  // `message` is on its way.
  virtual void OnWriting(const v1::ServeResponse& message) = 0;

  // The stream has ended: Next is not asked any more. May be told several times.
  virtual void OnEnd() = 0;
};

class WorkerStream final : public grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer> {
 public:
  // `gone` runs once, when gRPC is done with the stream. `conversation`, `limits` and `probe`
  // outlive it.
  WorkerStream(Conversation& conversation, const Limits& limits, ControlProbe& probe,
               absl::AnyInvocable<void()> gone);

  // Before anything else: what keeps this and its conversation alive until gRPC is done.
  void Keep(std::shared_ptr<void> owner) { owner_ = std::move(owner); }

  // --- any thread -----------------------------------------------------------------------------

  // Reads one more message; as soon as the conversation is not behind any more.
  void Read();
  // The conversation has something to write, perhaps.
  void Write();
  // Ends the stream; the first end counts. What is not given to gRPC yet is never written.
  void End(absl::Status status);

 private:
  void OnReadDone(bool ok) override;
  void OnWriteDone(bool ok) override;
  void OnCancel() override;
  void OnDone() override;

  Conversation& conversation_;
  const Limits& limits_;
  ControlProbe& probe_;
  const Instant began_;
  absl::AnyInvocable<void()> gone_;
  std::shared_ptr<void> owner_;

  // Of the reading side: whoever handles the message that was read.
  grpc::ByteBuffer read_;
  v1::ServeRequest request_;

  // Held while the conversation is asked for what to write, so its locks come after this one.
  absl::Mutex mutex_;
  std::optional<absl::Status> end_ ABSL_GUARDED_BY(mutex_);
  bool writing_ ABSL_GUARDED_BY(mutex_) = false;
  bool paused_ ABSL_GUARDED_BY(mutex_) = false;   // reading waits for writing
  bool reading_ ABSL_GUARDED_BY(mutex_) = false;  // a read is being started
  bool finished_ ABSL_GUARDED_BY(mutex_) = false;
  grpc::ByteBuffer current_;  // being written
};

}  // namespace sluice::control
