// SPDX-License-Identifier: Apache-2.0
//
// One worker's Serve stream: reads what the worker says and tells the shards; takes what the shards
// want done and writes it.
//
// On the wire's bytes: a reactor of messages is not told a message that is no protobuf from the end
// of the stream.
//
// It keeps itself alive until gRPC is done with it; offers in the shards may hold it longer and
// call it in vain.
#pragma once

#include <grpcpp/alarm.h>
#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/server_callback.h>

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "control/credit.h"
#include "control/node.h"
#include "control/probe.h"
#include "control/worker_outbox.h"
#include "control/worker_steps.h"
#include "gateway/hub/worker.h"
#include "sluice/v1/workers.pb.h"
#include "storage/time.h"

namespace sluice::control {

class WorkerStream final : public grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>,
                           public hub::WorkerLink,
                           public std::enable_shared_from_this<WorkerStream> {
 public:
  // `gone` runs once, when gRPC is done with the stream. `node` and `probe` outlive the rpc.
  WorkerStream(hub::WorkerId id, const Node& node, ControlProbe& probe,
               absl::AnyInvocable<void()> gone);

  // Before anything else, one of: starts reading; ends the stream unread.
  void Begin();
  void Refuse(absl::Status status);

  // Ends the stream; the first end counts. Any thread.
  void End(absl::Status status);

  // hub::WorkerLink; any thread.
  int64_t outstanding() const override { return credit_.taken(); }
  hub::WorkerHealth& health() override { return health_; }
  bool TryReserve() override;
  uint64_t Invoke(hub::Invocation& invocation) override;
  void Cancel(uint64_t invocation) override;

 private:
  void OnReadDone(bool ok) override;
  void OnWriteDone(bool ok) override;
  void OnCancel() override;
  void OnDone() override;

  // Reading; one message at a time.
  void Read();
  void Handle();
  absl::Status Greet(const v1::Hello& hello);
  void TakeResults();
  struct Answered {
    hub::WorkerResult result;
    std::unique_ptr<hub::Token> token;  // for the client, ahead of the answer
  };
  Answered ToAnswer(v1::InvocationResult& proto);
  void TellUnknown(const std::vector<uint64_t>& ids);
  void ReturnCredit(bool wanted);
  void TakeRegistrations();
  void Answer(v1::Registered answer);
  void SayGoodbye();
  void EndIfServed();

  // Tells the caller that its call is too large, in the worker's place.
  void Refuse(hub::CallKey call);
  // Notes whether too much waits unread.
  void NoteQueue() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Pump();
  void Leave();
  // What the worker has not answered, by shard.
  std::vector<hub::LostWork> TakeLost() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const hub::WorkerId id_;
  const Node& node_;
  ControlProbe& probe_;
  const Instant began_;
  absl::AnyInvocable<void()> gone_;
  std::shared_ptr<WorkerStream> self_;
  Credit credit_;
  std::atomic<bool> full_{false};    // --worker-queue-bytes wait unread: it is given nothing more
  std::atomic<bool> wanted_{false};  // somebody would have given it something meanwhile
  hub::WorkerHealth health_;
  std::atomic<bool> ended_{false};  // as `end_`, without the lock
  grpc::Alarm hello_alarm_;

  // Of the reading side: whoever handles the message that was read.
  grpc::ByteBuffer read_;
  v1::ServeRequest request_;
  std::string name_;  // empty until Hello
  bool goodbye_ = false;

  absl::Mutex mutex_;
  WorkerOutbox outbox_ ABSL_GUARDED_BY(mutex_);
  // Invocations without a result, by the numbers that this stream gives them. A client library may
  // read 64-bit integers as doubles, so they count from 1 instead of being the calls' keys.
  absl::flat_hash_map<uint64_t, hub::CallKey> owed_ ABSL_GUARDED_BY(mutex_);
  uint64_t last_invocation_ ABSL_GUARDED_BY(mutex_) = 0;
  std::optional<absl::Status> end_ ABSL_GUARDED_BY(mutex_);
  bool served_ ABSL_GUARDED_BY(mutex_) = false;  // goodbye is said, nothing new comes
  bool writing_ ABSL_GUARDED_BY(mutex_) = false;
  bool paused_ ABSL_GUARDED_BY(mutex_) = false;   // reading waits for writing
  bool reading_ ABSL_GUARDED_BY(mutex_) = false;  // a read is being started
  bool finished_ ABSL_GUARDED_BY(mutex_) = false;
  bool left_ ABSL_GUARDED_BY(mutex_) = false;
  grpc::ByteBuffer current_;  // being written
};

}  // namespace sluice::control
