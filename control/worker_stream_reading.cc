// SPDX-License-Identifier: Apache-2.0
//
// The half of WorkerStream that listens to the worker.
#include <grpcpp/impl/codegen/proto_utils.h>

#include <chrono>
#include <map>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "control/limits.h"
#include "control/status.h"
#include "control/values.h"
#include "control/worker_results.h"
#include "control/worker_steps.h"
#include "control/worker_stream.h"
#include "gateway/hub/shard.h"
#include "text/utf8.h"

namespace sluice::control {
namespace {

constexpr size_t kBatchesMax = 64;  // messages that may wait to be written before reading stops

absl::Status HelloExpected() {
  return Error(absl::StatusCode::kInvalidArgument, "HELLO_EXPECTED",
               "a stream begins with hello (--worker-hello-timeout)", "hello");
}

absl::Status Malformed(std::string_view field, std::string_view message) {
  return Error(absl::StatusCode::kInvalidArgument, "MALFORMED", message, field);
}

absl::Status TooLarge(const Limits& limits) {
  return Error(absl::StatusCode::kResourceExhausted, "WORKER_MESSAGE_TOO_LARGE",
               absl::StrCat("a message of a worker has at most ", limits.worker_message_bytes,
                            " bytes (--worker-message-bytes)"));
}

}  // namespace

void WorkerStream::Begin() {
  self_ = shared_from_this();
  auto latest =
      std::chrono::system_clock::now() + absl::ToChronoMilliseconds(node_.limits.hello_timeout);
  // The alarm keeps its callback, so that must not keep the stream, whose part the alarm is.
  hello_alarm_.Set(latest, [weak = weak_from_this()](bool late) {
    auto self = weak.lock();
    if (late && self) self->End(HelloExpected());
  });
  Read();
}

// Finish must not overtake the start of a read: gRPC may be done with the stream by then.
void WorkerStream::Read() {
  {
    absl::MutexLock lock(&mutex_);
    if (end_) return;
    // A worker that says much and reads nothing waits for itself.
    paused_ = outbox_.batches() > kBatchesMax;
    if (paused_) return;
    reading_ = true;
  }
  StartRead(&read_);
  {
    absl::MutexLock lock(&mutex_);
    reading_ = false;
  }
  Pump();
}

void WorkerStream::OnReadDone(bool ok) {
  // Half-closed; or cancelled, and OnCancel says so.
  if (!ok) return End(name_.empty() ? HelloExpected() : absl::OkStatus());
  if (read_.Length() > node_.limits.worker_message_bytes) return End(TooLarge(node_.limits));
  if (!grpc::SerializationTraits<v1::ServeRequest>::Deserialize(&read_, &request_).ok()) {
    return End(Malformed("", "a message is no ServeRequest"));
  }
  Handle();
}

void WorkerStream::Handle() {
  absl::Status status = absl::OkStatus();
  if (name_.empty()) {
    status = request_.has_hello() ? Greet(request_.hello()) : HelloExpected();
  } else if (request_.has_hello()) {
    status = Malformed("hello", "hello is said once");
  }
  if (!status.ok()) return End(std::move(status));

  TakeResults();
  if (request_.add_credit() != 0) ReturnCredit(credit_.Change(request_.add_credit()));
  TakeRegistrations();
}

// Reads on when all shards have them: what a worker registers waits in its own stream.
void WorkerStream::TakeRegistrations() {
  std::vector<WorkerStep> steps = ToSteps(
      request_, {id_, name_, shared_from_this(), probe_.registered_bytes}, goodbye_, node_.limits);
  bool goodbye = request_.has_goodbye();
  if (steps.empty() && !goodbye) return Read();
  auto self = shared_from_this();
  ApplySteps(
      node_, std::move(steps), [self](v1::Registered answer) { self->Answer(std::move(answer)); },
      [self, goodbye] {
        if (goodbye) self->SayGoodbye();
        self->Read();
      });
}

void WorkerStream::Answer(v1::Registered answer) {
  if (!answer.refused_reason().empty()) probe_.registrations_refused.Add();
  {
    absl::MutexLock lock(&mutex_);
    outbox_.Add(std::move(answer));
  }
  Pump();
}

absl::Status WorkerStream::Greet(const v1::Hello& hello) {
  if (!IsName(hello.worker(), kNameMax)) {
    return Malformed("hello.worker", "a name has 1 to 255 bytes and no control characters");
  }
  if (hello.credit() == 0) return Malformed("hello.credit", "a worker needs credit");
  hello_alarm_.Cancel();
  name_ = hello.worker();
  ReturnCredit(credit_.Change(hello.credit()));
  v1::Welcome welcome;
  welcome.set_node(text::ToUtf8(node_.name));
  welcome.set_epoch(text::ToUtf8(node_.epoch));
  welcome.set_credit(static_cast<uint32_t>(credit_.total()));
  {
    absl::MutexLock lock(&mutex_);
    outbox_.Add(std::move(welcome));
  }
  Pump();
  return absl::OkStatus();
}

void WorkerStream::ReturnCredit(bool wanted) {
  if (!wanted) return;
  for (uint32_t i = 0; i < node_.shards.size(); ++i) {
    node_.shards.Post(i, [](hub::Shard& shard, Now now) { shard.CreditFreed(now); });
  }
}

// Only what is owed counts: an id that was made up, or answered before, returns no credit and
// reaches no shard, but the worker is told.
void WorkerStream::TakeResults() {
  using Completions = std::vector<std::pair<hub::CallKey, Answered>>;
  if (request_.results().empty()) return;
  probe_.result_batch.Observe(request_.results_size());
  std::vector<std::pair<hub::CallKey, v1::InvocationResult*>> owed;
  std::vector<uint64_t> unknown;
  {
    absl::MutexLock lock(&mutex_);
    if (end_) return;  // its calls are lost already
    for (auto& result : *request_.mutable_results()) {
      auto found = owed_.find(result.id());
      if (found == owed_.end()) {
        unknown.push_back(result.id());
        continue;
      }
      owed.emplace_back(found->second, &result);
      owed_.erase(found);
    }
  }
  probe_.results.Add(owed.size());
  TellUnknown(unknown);
  // Before the answers, so that whoever calls again at once finds the worker as free as it is.
  const bool wanted = credit_.Release(static_cast<int64_t>(owed.size()));

  std::map<uint32_t, Completions> by_shard;
  for (auto& [key, result] : owed) by_shard[key.shard()].emplace_back(key, ToAnswer(*result));
  for (auto& [index, results] : by_shard) {
    node_.shards.Post(index, [results = std::move(results)](hub::Shard& shard, Now now) mutable {
      for (auto& [key, answer] : results) {
        shard.Complete(key, std::move(answer.result), now, std::move(answer.token));
      }
    });
  }
  ReturnCredit(wanted);
  EndIfServed();
}

// What is wrong with it becomes an error for whoever waits for it.
WorkerStream::Answered WorkerStream::ToAnswer(v1::InvocationResult& proto) {
  const Limits& limits = node_.limits;
  if (size_t bytes = proto.ByteSizeLong(); bytes > limits.worker_result_bytes) {
    probe_.results_too_large.Add();
    return {ResultTooLarge(bytes, limits), nullptr};
  }
  std::unique_ptr<hub::Token> token;
  if (!proto.token_claims_json().empty()) {
    auto made = ToToken(proto.token_claims_json(), limits, node_.tokens, ReadClocks().date);
    if (!made.ok()) {
      probe_.results_invalid.Add();
      return {InvalidResult(std::string(made.status().message())), nullptr};
    }
    token = *std::move(made);
  }
  bool valid = true;
  hub::WorkerResult result = ToResult(std::move(proto), limits, valid);
  if (!valid) probe_.results_invalid.Add();
  return {std::move(result), std::move(token)};
}

void WorkerStream::TellUnknown(const std::vector<uint64_t>& ids) {
  if (ids.empty()) return;
  probe_.results_unknown.Add(ids.size());
  if (node_.worker_reports) node_.worker_reports->UnknownResults(name_, ids.front(), ids.size());
  {
    absl::MutexLock lock(&mutex_);
    for (uint64_t id : ids) outbox_.AddUnknown(id);
  }
  Pump();
}

// Takes everything back; once the shards have, nothing new can come.
void WorkerStream::SayGoodbye() {
  if (std::exchange(goodbye_, true)) return;
  node_.shards.Gather(
      [id = id_](hub::Shard& shard, Now now) {
        shard.Withdraw(id, now);
        return 0;
      },
      [self = shared_from_this()](std::vector<int>, Now) {
        {
          absl::MutexLock lock(&self->mutex_);
          self->served_ = true;
        }
        self->EndIfServed();
      });
}

void WorkerStream::EndIfServed() {
  {
    absl::MutexLock lock(&mutex_);
    if (!served_ || !owed_.empty()) return;
  }
  End(absl::OkStatus());
}

}  // namespace sluice::control
