// SPDX-License-Identifier: Apache-2.0
#include "control/worker_stream.h"

#include <grpcpp/impl/codegen/proto_utils.h>

#include <algorithm>
#include <utility>

#include "control/grpc_status.h"
#include "control/worker_results.h"
#include "gateway/hub/shard.h"
#include "storage/time.h"

namespace sluice::control {
namespace {

grpc::ByteBuffer ToBytes(const v1::ServeResponse& response) {
  grpc::ByteBuffer bytes;
  bool own = false;
  // Fails only beyond 2 GiB.
  (void)grpc::SerializationTraits<v1::ServeResponse>::Serialize(response, &bytes, &own);
  return bytes;
}

}  // namespace

WorkerStream::WorkerStream(hub::WorkerId id, const Node& node, ControlProbe& probe,
                           absl::AnyInvocable<void()> gone)
    : id_(id),
      node_(node),
      probe_(probe),
      began_(ReadClocks()),
      gone_(std::move(gone)),
      credit_(node.limits.worker_credit_max),
      health_(node.limits.ejection, probe.workers_ejected),
      outbox_(node.limits) {
  probe_.Began();
}

void WorkerStream::Refuse(absl::Status status) {
  self_ = shared_from_this();
  {
    absl::MutexLock lock(&mutex_);
    left_ = true;  // no shard has heard of it
  }
  End(std::move(status));
}

// --- writing -------------------------------------------------------------------------------------

bool WorkerStream::TryReserve() {
  if (full_) {
    wanted_ = true;
    // Unless it has read just now, and missed that it is wanted.
    if (full_) return false;
  }
  return !ended_.load(std::memory_order_relaxed) && credit_.TryTake();
}

void WorkerStream::Refuse(hub::CallKey call) {
  probe_.invocations_too_large.Add();
  node_.shards.Post(call.shard(), [call](hub::Shard& shard, Now now) {
    shard.Complete(call, hub::MakeError(hub::Fault::kTooLarge), now);
  });
  ReturnCredit(credit_.Release(1));
}

void WorkerStream::NoteQueue() {
  bool full = outbox_.bytes() >= node_.limits.worker_queue_bytes;
  if (full_.exchange(full) != full && full) probe_.worker_queues_full.Add();
}

uint64_t WorkerStream::Invoke(hub::Invocation& invocation) {
  const hub::CallKey call = invocation.call;
  v1::Invocation message = ToProto(0, std::move(invocation));
  const bool too_large = message.ByteSizeLong() > node_.limits.worker_invocation_bytes;
  uint64_t id = 0;
  {
    absl::MutexLock lock(&mutex_);
    if (end_) {  // the hub hears of it by WorkerGone
      hub::LostWork::Unsent unsent = TakeBack(call, std::move(message));
      // Of what was moved from, these two are given back. NOLINTNEXTLINE(bugprone-use-after-move)
      invocation.method = std::move(unsent.method);
      invocation.params = std::move(unsent.params);
      return 0;
    }
    id = ++last_invocation_;
    if (!too_large) {
      owed_.emplace(id, call);
      message.set_id(id);
      outbox_.Add(std::move(message));
      NoteQueue();
      probe_.invocations.Add();
    }
  }
  if (too_large) Refuse(call);
  Pump();
  return id;
}

void WorkerStream::Cancel(uint64_t invocation) {
  {
    absl::MutexLock lock(&mutex_);
    if (end_ || !owed_.contains(invocation)) return;
    outbox_.AddCancelled(invocation);
    probe_.cancellations.Add();
  }
  Pump();
}

void WorkerStream::End(absl::Status status) {
  {
    absl::MutexLock lock(&mutex_);
    if (!end_) end_ = std::move(status);
    ended_.store(true, std::memory_order_relaxed);
  }
  Leave();
  Pump();
}

// Whoever marks the stream as writing (or finished) is the one that tells gRPC so, without the
// lock: gRPC may call back from within.
void WorkerStream::Pump() {
  absl::Status status;
  bool finish = false;
  bool wanted = false;
  v1::ServeResponse response;
  {
    absl::MutexLock lock(&mutex_);
    if (writing_ || finished_) return;
    if (end_ && !reading_) {
      finished_ = finish = true;
      status = *end_;
    } else if (!end_ && !outbox_.empty()) {
      writing_ = true;
      response = outbox_.Take();
      NoteQueue();
      wanted = !full_ && wanted_.exchange(false);
    } else {
      return;
    }
  }
  if (finish) return Finish(ToGrpc(status));
  if (response.invocations_size() > 0) probe_.invocation_batch.Observe(response.invocations_size());
  current_ = ToBytes(response);
  StartWrite(&current_);
  ReturnCredit(wanted);
}

void WorkerStream::OnWriteDone(bool ok) {
  bool resume = false;
  {
    absl::MutexLock lock(&mutex_);
    writing_ = false;
    resume = ok && std::exchange(paused_, false);
  }
  if (!ok) return End(absl::CancelledError("the worker is gone"));
  Pump();
  if (resume) Read();
}

void WorkerStream::OnCancel() { End(absl::CancelledError("the worker is gone")); }

void WorkerStream::OnDone() {
  absl::Status status;
  {
    absl::MutexLock lock(&mutex_);
    status = end_.value_or(absl::OkStatus());
  }
  probe_.Ended(Rpc::kServe, status.code(), ReadClocks() - began_);
  gone_();
  auto self = std::move(self_);
}

// From here on the shards are told; by way of the home thread, so that it comes behind every
// registration of this worker.
void WorkerStream::Leave() {
  std::vector<hub::LostWork> lost;
  {
    absl::MutexLock lock(&mutex_);
    if (std::exchange(left_, true)) return;
    lost = TakeLost();
  }
  hello_alarm_.Cancel();
  node_.home.Post([&shards = node_.shards, id = id_, lost = std::move(lost)](Now) mutable {
    for (uint32_t i = 0; i < shards.size(); ++i) {
      shards.Post(i, [id, lost = std::move(lost[i])](hub::Shard& shard, Now now) mutable {
        shard.WorkerGone(id, std::move(lost), now);
      });
    }
  });
}

std::vector<hub::LostWork> WorkerStream::TakeLost() {
  std::vector<hub::LostWork> lost(node_.shards.size());
  for (v1::Invocation& waiting : outbox_.TakeInvocations()) {
    auto owed = owed_.find(waiting.id());
    if (owed == owed_.end()) continue;
    const hub::CallKey call = owed->second;
    owed_.erase(owed);
    lost[call.shard()].unsent.push_back(TakeBack(call, std::move(waiting)));
  }
  std::vector<std::pair<uint64_t, hub::CallKey>> sent(owed_.begin(), owed_.end());
  owed_.clear();
  std::sort(sent.begin(), sent.end(),
            [](const auto& a, const auto& b) { return a.first < b.first; });
  for (const auto& [id, call] : sent) lost[call.shard()].sent.push_back(call);
  return lost;
}

}  // namespace sluice::control
