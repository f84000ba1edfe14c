// SPDX-License-Identifier: Apache-2.0
#include "control/borrowed_worker.h"

#include <algorithm>

#include "control/values.h"
#include "control/worker_completions.h"
#include "control/worker_results.h"
#include "gateway/hub/shard.h"
#include "gateway/hub/shard_set.h"

namespace sluice::control {
namespace {

using internal::v1::LendingMail;

}  // namespace

bool BorrowedWorker::TryReserve() {
  if (paused_) {
    wanted_ = true;
    // Unless it was resumed just now, and missed that it is wanted.
    if (paused_) return false;
  }
  return credit_.TryTake();
}

uint64_t BorrowedWorker::Invoke(hub::Invocation& invocation, hub::Context context) {
  const hub::CallKey key = invocation.call;
  LendingMail mail;
  internal::v1::Errand& errand = *mail.add_errands();
  errand.set_worker(id_);
  *errand.mutable_time_left() = ToProto(context.time_left);
  hub::Invocation sent = std::move(invocation);
  invocation = {.call = key,
                .role = sent.role,
                .action = sent.action,
                .notification = sent.notification};  // the rest comes back if it is not sent
  *errand.mutable_invocation() = ToProto(0, std::move(sent), std::move(context));
  const size_t bytes = errand.invocation().ByteSizeLong();
  if (bytes > std::min(parts_.node.limits.worker_invocation_bytes, parts_.post.bytes_max())) {
    CompleteTooLarge(parts_.node, key, parts_.probe);
    Release();
    return parts_.calls.Skip();
  }
  const uint64_t number = parts_.calls.Begin({key, shared_from_this()});
  errand.set_number(number);
  v1::Invocation kept = errand.invocation();
  if (parts_.post.Tell(peer_, std::move(mail)).ok()) {
    parts_.probe.cluster.errands_sent.Add();
    return number;
  }
  // Unless its node has gone meanwhile, and the shard is told so.
  if (!parts_.calls.End(number, peer_.node)) return number;
  Pause();
  Release();
  hub::LostWork::Unsent unsent = TakeBack(key, std::move(kept));
  invocation.method = std::move(unsent.method);
  invocation.params = std::move(unsent.params);
  return 0;
}

void BorrowedWorker::Cancel(uint64_t number) {
  if (!parts_.calls.End(number, peer_.node)) return;
  Release();
  LendingMail mail;
  internal::v1::Cancel& cancel = *mail.add_cancelled();
  cancel.set_number(number);
  cancel.set_worker(id_);
  parts_.post.Tell(peer_, std::move(mail)).IgnoreError();  // then it answers in vain
}

void BorrowedWorker::SetCredit(uint32_t credit) {
  StartWaitingCalls(credit_.Change(int64_t{credit} - credit_.total()));
}

void BorrowedWorker::Release() { StartWaitingCalls(credit_.Release(1)); }

void BorrowedWorker::Resume() {
  if (paused_.exchange(false)) StartWaitingCalls(wanted_.exchange(false));
}

void BorrowedWorker::StartWaitingCalls(bool wanted) {
  if (wanted) parts_.node.shards.StartWaitingCalls();
}

}  // namespace sluice::control
