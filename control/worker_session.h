// SPDX-License-Identifier: Apache-2.0
//
// One worker, as the hub sees it, for the life of its stream: what is said on the stream (hello,
// credit, registrations, results, goodbye) and what the shards want done.
//
// It lives until gRPC is done with its stream; offers in the shards may hold it longer and call it
// in vain.
#pragma once

#include <grpcpp/alarm.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "control/credit.h"
#include "control/errand.h"
#include "control/lender.h"
#include "control/node.h"
#include "control/probe.h"
#include "control/worker_book.h"
#include "control/worker_registration.h"
#include "control/worker_steps.h"
#include "control/worker_stream.h"
#include "gateway/hub/worker.h"
#include "sluice/v1/workers.pb.h"

namespace sluice::control {

class WorkerSession final : public hub::WorkerLink,
                            public LentWorker,
                            private Conversation,
                            public std::enable_shared_from_this<WorkerSession> {
 public:
  // `gone` runs once, when gRPC is done with the stream. `node`, `lender` (null: the node is alone)
  // and `probe` outlive the rpc.
  WorkerSession(hub::WorkerId id, const Node& node, Lender* lender, ControlProbe& probe,
                absl::AnyInvocable<void()> gone);

  // Before anything else, one of: starts reading; ends the stream unread.
  void Begin();
  void Refuse(absl::Status status);
  WorkerStream& stream() { return stream_; }

  // hub::WorkerLink; any thread.
  int64_t outstanding() const override { return credit_.taken(); }
  hub::WorkerHealth& health() override { return health_; }
  bool TryReserve() override;
  uint64_t Invoke(hub::Invocation& invocation, hub::Context context) override;
  void Cancel(uint64_t invocation) override;

  // LentWorker; any thread.
  uint32_t credit() const override { return static_cast<uint32_t>(credit_.total()); }
  Answer Take(Errand& errand, v1::Invocation& invocation) override;
  void Forget(const std::string& node, uint64_t number) override;
  void ForgetAll(const std::string& node) override;

 private:
  // Conversation.
  void OnMessage(v1::ServeRequest& message) override;
  void OnHalfClosed() override;
  std::optional<v1::ServeResponse> Next() override;
  bool Behind() override;
  void OnWriting(const v1::ServeResponse& message) override;
  void OnEnd() override;

  // What is in a message, in this order.
  absl::Status Greet(const v1::Hello& hello);
  void TakeResults(v1::ServeRequest& message);
  void TakeRegistrations(const v1::ServeRequest& message);
  void Lend(const WorkerStep& step);
  void SayGoodbye();
  void TellUnknown(const std::vector<uint64_t>& numbers);
  void TellRegistered(v1::Registered registered);
  // Tells the shards that there is credit again, if any of them wanted it in vain.
  void ReturnCredit(bool wanted);
  // Notes whether too much waits unread.
  void NoteQueue() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void EndIfServed();

  const hub::WorkerId id_;
  const Node& node_;
  Lender* const lender_;  // to other nodes; null: there are none
  ControlProbe& probe_;
  Credit credit_;
  std::atomic<bool> full_{false};    // --worker-queue-bytes wait unread: it is given nothing more
  std::atomic<bool> wanted_{false};  // somebody would have given it something meanwhile
  hub::WorkerHealth health_;
  grpc::Alarm hello_alarm_;

  // Of whoever handles the message that was read.
  std::string name_;  // empty until Hello
  bool goodbye_ = false;
  const std::shared_ptr<InFlightCounts> in_flight_ = std::make_shared<InFlightCounts>();

  // Never held while the stream is called, which calls back with its own lock.
  absl::Mutex mutex_;
  WorkerBook book_ ABSL_GUARDED_BY(mutex_);
  bool served_ ABSL_GUARDED_BY(mutex_) = false;  // goodbye is said, nothing new comes
  std::atomic<bool> left_{false};  // what is owed is lost; changes under the lock, read without

  WorkerStream stream_;
};

}  // namespace sluice::control
