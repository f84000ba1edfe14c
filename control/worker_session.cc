// SPDX-License-Identifier: Apache-2.0
#include "control/worker_session.h"

#include <string_view>

#include "control/after.h"
#include "control/limits.h"
#include "control/status.h"
#include "control/values.h"
#include "control/worker_completions.h"
#include "control/worker_results.h"
#include "gateway/hub/shard.h"
#include "gateway/hub/shard_set.h"
#include "gateway/hub/workers.h"
#include "storage/executor.h"
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

}  // namespace

WorkerSession::WorkerSession(hub::WorkerId id, const Node& node, Lender* lender,
                             ControlProbe& probe, absl::AnyInvocable<void()> gone)
    : id_(id),
      node_(node),
      lender_(lender),
      probe_(probe),
      credit_(node.limits.worker_credit_max),
      health_(node.limits.ejection, probe.workers_ejected),
      book_(node.limits),
      stream_(*this, node.limits, probe, std::move(gone)) {}

// --- the stream's begin and end ------------------------------------------------------------------

void WorkerSession::Begin() {
  stream_.Keep(shared_from_this());
  // The alarm keeps its callback, so that must not keep the session, whose part the alarm is.
  hello_alarm_.Set(After(node_.limits.hello_timeout), [weak = weak_from_this()](bool late) {
    auto self = weak.lock();
    if (late && self) self->stream_.End(HelloExpected());
  });
  stream_.Read();
}

void WorkerSession::Refuse(absl::Status status) {
  stream_.Keep(shared_from_this());
  {
    absl::MutexLock lock(&mutex_);
    left_ = true;  // no shard has heard of it
  }
  stream_.End(std::move(status));
}

void WorkerSession::OnHalfClosed() {
  stream_.End(name_.empty() ? HelloExpected() : absl::OkStatus());
}

// From here on the shards are told; by way of the home thread, so that it comes behind every
// registration of this worker.
void WorkerSession::OnEnd() {
  std::vector<hub::LostWork> lost;
  LostErrands errands;
  {
    absl::MutexLock lock(&mutex_);
    if (left_.exchange(true)) return;
    lost = book_.TakeLost(node_.shards.size(), errands);
  }
  hello_alarm_.Cancel();
  if (lender_) lender_->Lose(std::move(errands));
  node_.home.Post(
      [&shards = node_.shards, lender = lender_, id = id_, lost = std::move(lost)](Now) mutable {
        if (lender) lender->Withdraw(id);
        for (uint32_t i = 0; i < shards.size(); ++i) {
          shards.Post(i, [id, lost = std::move(lost[i])](hub::Shard& shard, Now now) mutable {
            shard.workers().Lose(id, std::move(lost), now);
          });
        }
      });
}

// --- what the shards want done -------------------------------------------------------------------

bool WorkerSession::TryReserve() {
  if (full_) {
    wanted_ = true;
    // Unless it has read just now, and missed that it is wanted.
    if (full_) return false;
  }
  return !left_.load(std::memory_order_relaxed) && credit_.TryTake();
}

uint64_t WorkerSession::Invoke(hub::Invocation& invocation, hub::Context context) {
  const hub::CallKey call = invocation.call;
  v1::Invocation message = ToProto(0, std::move(invocation), std::move(context));
  const size_t bytes = message.ByteSizeLong();
  const bool too_large = bytes > node_.limits.worker_invocation_bytes;
  uint64_t number = 0;
  {
    absl::MutexLock lock(&mutex_);
    if (left_) {  // the hub hears of it by Workers::Lose
      hub::LostWork::Unsent unsent = TakeBack(call, std::move(message));
      // Of what was moved from, these two are given back. NOLINTNEXTLINE(bugprone-use-after-move)
      invocation.method = std::move(unsent.method);
      invocation.params = std::move(unsent.params);
      return 0;
    }
    if (too_large) {
      number = book_.Skip();
    } else {
      number = book_.Give(call, std::move(message), bytes);
      NoteQueue();
      probe_.invocations.Add();
    }
  }
  if (too_large) {
    CompleteTooLarge(node_, call, probe_);
    ReturnCredit(credit_.Release(1));
  }
  stream_.Write();
  return number;
}

void WorkerSession::Cancel(uint64_t invocation) {
  {
    absl::MutexLock lock(&mutex_);
    if (left_ || !book_.Cancel(invocation)) return;
  }
  probe_.cancellations.Add();
  stream_.Write();
}

// --- what other nodes want done ------------------------------------------------------------------

LentWorker::Answer WorkerSession::Take(Errand& errand, v1::Invocation& invocation) {
  if (!TryReserve()) return Answer::kNoCredit;
  const size_t bytes = invocation.ByteSizeLong();
  Answer answer = Answer::kTaken;
  {
    absl::MutexLock lock(&mutex_);
    if (left_) {
      answer = Answer::kNoCredit;
    } else if (bytes > node_.limits.worker_invocation_bytes) {
      answer = Answer::kTooLarge;
    } else {
      book_.Give(std::move(errand), std::move(invocation), bytes);
      NoteQueue();
      probe_.invocations.Add();
    }
  }
  if (answer == Answer::kTaken) {
    stream_.Write();
  } else {
    ReturnCredit(credit_.Release(1));
  }
  return answer;
}

void WorkerSession::Forget(const std::string& node, uint64_t number) {
  {
    absl::MutexLock lock(&mutex_);
    if (left_ || !book_.CancelErrand(node, number)) return;
  }
  probe_.cancellations.Add();
  stream_.Write();
}

void WorkerSession::ForgetAll(const std::string& node) {
  size_t count = 0;
  {
    absl::MutexLock lock(&mutex_);
    if (!left_) count = book_.CancelErrands(node);
  }
  if (count == 0) return;
  probe_.cancellations.Add(count);
  stream_.Write();
}

// --- what is written -----------------------------------------------------------------------------

std::optional<v1::ServeResponse> WorkerSession::Next() {
  absl::MutexLock lock(&mutex_);
  if (book_.outbox().empty()) return std::nullopt;
  v1::ServeResponse message = book_.outbox().Take();
  NoteQueue();
  return message;
}

bool WorkerSession::Behind() {
  absl::MutexLock lock(&mutex_);
  return book_.outbox().batches() > kBatchesMax;
}

void WorkerSession::OnWriting(const v1::ServeResponse& message) {
  if (message.invocations_size() > 0) probe_.invocation_batch.Observe(message.invocations_size());
  ReturnCredit(!full_ && wanted_.exchange(false));
}

void WorkerSession::NoteQueue() {
  bool full = book_.outbox().bytes() >= node_.limits.worker_queue_bytes;
  if (full_.exchange(full) != full && full) probe_.worker_queues_full.Add();
}

void WorkerSession::ReturnCredit(bool wanted) {
  if (!wanted) return;
  node_.shards.StartWaitingCalls();
  if (lender_) lender_->TellFree(id_);
}

// --- what the worker says ------------------------------------------------------------------------

void WorkerSession::OnMessage(v1::ServeRequest& message) {
  absl::Status status = absl::OkStatus();
  if (name_.empty()) {
    status = message.has_hello() ? Greet(message.hello()) : HelloExpected();
  } else if (message.has_hello()) {
    status = Malformed("hello", "hello is said once");
  }
  if (!status.ok()) return stream_.End(std::move(status));

  TakeResults(message);
  if (message.add_credit() != 0) ReturnCredit(credit_.Change(message.add_credit()));
  TakeRegistrations(message);
}

absl::Status WorkerSession::Greet(const v1::Hello& hello) {
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
    book_.outbox().Add(std::move(welcome));
  }
  stream_.Write();
  return absl::OkStatus();
}

// Only what is owed counts: a number that was made up, or answered before, returns no credit and
// reaches no shard, but the worker is told.
void WorkerSession::TakeResults(v1::ServeRequest& message) {
  if (message.results().empty()) return;
  probe_.result_batch.Observe(message.results_size());
  std::vector<OwedResult> owed;
  std::vector<AnsweredErrand> errands;
  std::vector<uint64_t> unknown;
  {
    absl::MutexLock lock(&mutex_);
    if (left_) return;  // its calls are lost already
    for (auto& result : *message.mutable_results()) {
      if (auto call = book_.Settle(result.id())) {
        owed.push_back({*call, &result});
      } else if (auto errand = book_.SettleErrand(result.id())) {
        errands.push_back({*std::move(errand), &result});
      } else {
        unknown.push_back(result.id());
      }
    }
  }
  const size_t answered = owed.size() + errands.size();
  probe_.results.Add(answered);
  TellUnknown(unknown);
  // Before the answers, so that whoever calls again at once finds the worker as free as it is.
  const bool wanted = credit_.Release(static_cast<int64_t>(answered));
  CompleteCalls(node_, owed, probe_);
  if (!errands.empty()) lender_->Answer(std::move(errands));
  ReturnCredit(wanted);
  EndIfServed();
}

void WorkerSession::TellUnknown(const std::vector<uint64_t>& numbers) {
  if (numbers.empty()) return;
  probe_.results_unknown.Add(numbers.size());
  if (node_.worker_reports) {
    node_.worker_reports->UnknownResults(name_, numbers.front(), numbers.size());
  }
  {
    absl::MutexLock lock(&mutex_);
    for (uint64_t number : numbers) book_.outbox().AddUnknown(number);
  }
  stream_.Write();
}

// Reads on when all shards have them: what a worker registers waits in its own stream.
void WorkerSession::TakeRegistrations(const v1::ServeRequest& message) {
  auto self = shared_from_this();
  auto steps = ToSteps(message, {id_, name_, self, probe_.registered_bytes, in_flight_}, goodbye_,
                       node_.limits);
  if (!steps.ok()) {
    probe_.registrations_refused.Add();
    return stream_.End(std::move(steps).status());
  }
  const bool goodbye = message.has_goodbye();
  if (steps->empty() && !goodbye) return stream_.Read();
  StepListener listener{
      .taken = nullptr,
      .answered = [self](v1::Registered said) { self->TellRegistered(std::move(said)); },
      .done =
          [self, goodbye] {
            if (goodbye) self->SayGoodbye();
            self->stream_.Read();
          }};
  if (lender_) listener.taken = [self](const WorkerStep& step) { self->Lend(step); };
  ApplySteps(node_, *std::move(steps), std::move(listener));
}

// Not of a stream that has ended meanwhile: OnEnd has taken it back, or does so behind this.
void WorkerSession::Lend(const WorkerStep& step) {
  if (left_) return;
  if (step.deregistration) lender_->TakeBack(id_, step.taken_back);
  if (step.registration) {
    lender_->Add({id_, name_, weak_from_this()}, step.offered, *step.registration);
  }
}

void WorkerSession::TellRegistered(v1::Registered registered) {
  if (!registered.refused_reason().empty()) probe_.registrations_refused.Add();
  {
    absl::MutexLock lock(&mutex_);
    book_.outbox().Add(std::move(registered));
  }
  stream_.Write();
}

// Takes everything back; once the shards have, nothing new can come.
void WorkerSession::SayGoodbye() {
  if (std::exchange(goodbye_, true)) return;
  if (lender_) lender_->Withdraw(id_);
  node_.shards.Gather(
      [id = id_](hub::Shard& shard, Now now) {
        shard.workers().Withdraw(id, now);
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

void WorkerSession::EndIfServed() {
  {
    absl::MutexLock lock(&mutex_);
    if (!served_ || !book_.settled()) return;
  }
  stream_.End(absl::OkStatus());
}

}  // namespace sluice::control
