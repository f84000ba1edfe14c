// SPDX-License-Identifier: Apache-2.0
#include "control/worker_stream.h"

#include <grpcpp/impl/codegen/proto_utils.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "control/grpc_status.h"
#include "control/status.h"

namespace sluice::control {
namespace {

absl::Status NoMessage() {
  return Error(absl::StatusCode::kInvalidArgument, "MALFORMED", "a message is no ServeRequest", "");
}

absl::Status TooLarge(const Limits& limits) {
  return Error(absl::StatusCode::kResourceExhausted, "WORKER_MESSAGE_TOO_LARGE",
               absl::StrCat("a message of a worker has at most ", limits.worker_message_bytes,
                            " bytes (--worker-message-bytes)"));
}

absl::Status Gone() { return absl::CancelledError("the worker is gone"); }

grpc::ByteBuffer ToBytes(const v1::ServeResponse& response) {
  grpc::ByteBuffer bytes;
  bool own = false;
  // Fails only beyond 2 GiB.
  (void)grpc::SerializationTraits<v1::ServeResponse>::Serialize(response, &bytes, &own);
  return bytes;
}

}  // namespace

WorkerStream::WorkerStream(Conversation& conversation, const Limits& limits, ControlProbe& probe,
                           absl::AnyInvocable<void()> gone)
    : conversation_(conversation),
      limits_(limits),
      probe_(probe),
      began_(ReadClocks()),
      gone_(std::move(gone)) {
  probe_.Began();
}

// Finish must not overtake the start of a read: gRPC may be done with the stream by then.
void WorkerStream::Read() {
  {
    absl::MutexLock lock(&mutex_);
    if (end_) return;
    // A worker that says much and reads nothing waits for itself.
    paused_ = conversation_.Behind();
    if (paused_) return;
    reading_ = true;
  }
  StartRead(&read_);
  {
    absl::MutexLock lock(&mutex_);
    reading_ = false;
  }
  Write();
}

void WorkerStream::OnReadDone(bool ok) {
  // Half-closed; or cancelled, and OnCancel says so.
  if (!ok) return conversation_.OnHalfClosed();
  if (read_.Length() > limits_.worker_message_bytes) return End(TooLarge(limits_));
  if (!grpc::SerializationTraits<v1::ServeRequest>::Deserialize(&read_, &request_).ok()) {
    return End(NoMessage());
  }
  conversation_.OnMessage(request_);
}

// Whoever marks the stream as writing (or finished) is the one that tells gRPC so, without the
// lock: gRPC may call back from within.
void WorkerStream::Write() {
  absl::Status status;
  std::optional<v1::ServeResponse> message;
  {
    absl::MutexLock lock(&mutex_);
    if (writing_ || finished_) return;
    if (!end_) {
      message = conversation_.Next();
      if (!message) return;
      writing_ = true;
    } else if (!reading_) {
      status = *end_;
      finished_ = true;
    } else {
      return;
    }
  }
  if (!message) return Finish(ToGrpc(status));
  grpc::ByteBuffer bytes = ToBytes(*message);
  {
    // Not needed: gRPC orders one write after the other. But ThreadSanitizer does not see that.
    absl::MutexLock lock(&mutex_);
    current_.Swap(&bytes);
  }
  StartWrite(&current_);
  conversation_.OnWriting(*message);
}

void WorkerStream::OnWriteDone(bool ok) {
  bool resume = false;
  {
    absl::MutexLock lock(&mutex_);
    writing_ = false;
    resume = ok && std::exchange(paused_, false);
  }
  if (!ok) return End(Gone());
  Write();
  if (resume) Read();
}

void WorkerStream::End(absl::Status status) {
  {
    absl::MutexLock lock(&mutex_);
    if (!end_) end_ = std::move(status);
  }
  conversation_.OnEnd();
  Write();
}

void WorkerStream::OnCancel() { End(Gone()); }

void WorkerStream::OnDone() {
  absl::Status status;
  {
    absl::MutexLock lock(&mutex_);
    status = end_.value_or(absl::OkStatus());
  }
  probe_.Ended(RpcOf<v1::ServeRequest>(), status, ReadClocks() - began_);
  gone_();
  auto owner = std::move(owner_);
}

}  // namespace sluice::control
