// SPDX-License-Identifier: Apache-2.0
#include "control/asked_calls.h"

#include <algorithm>
#include <list>
#include <optional>
#include <utility>

#include "control/call_bytes.h"
#include "control/client_calls.h"
#include "control/drain_book.h"
#include "control/status.h"
#include "storage/executor.h"

namespace sluice::control {
namespace {

using internal::v1::FetchAnswersResponse;

// How long a call is kept that nobody fetches from, beside --cluster-timeout: whoever has not got a
// reply must notice it, rest and ask again.
constexpr absl::Duration kUnfetched = absl::Seconds(15);
// What a reply holds besides the answers.
constexpr size_t kEnvelopeBytes = 4 << 10;

// Of the answers in one reply.
size_t PageBytes(const Limits& limits) {
  const size_t message = limits.cluster_message_bytes;
  return std::min(limits.response_bytes, message - std::min(message, kEnvelopeBytes));
}

absl::Status Unknown() {
  return Error(absl::StatusCode::kNotFound, "CALL_UNKNOWN", "no such call of another node");
}

}  // namespace

class AskedCalls::Call {
 public:
  Call(const Node& node, ControlProbe& probe)
      : node_(node),
        probe_(probe),
        page_bytes_(PageBytes(node.limits)),
        held_(node.limits, probe) {}

  bool begun() const { return begun_; }
  void Start(CallPlan plan, CallListener listener) {
    begun_ = true;
    asking_ = node_.calls.Start(node_, std::move(plan), std::move(listener));
  }
  // There is nothing more; what came may still be fetched.
  void Fail(absl::Status why) {
    begun_ = true;
    failure_ = std::move(why);
    Abandon();
  }
  // The clients are not waited for any more.
  void Abandon() {
    if (auto asking = std::exchange(asking_, nullptr)) asking->Forget();
  }

  void Take(v1::CallResponse::Answer answer) {
    if (!failure_.ok()) return;
    BoundAnswer(answer, page_bytes_, probe_);
    const size_t bytes = bytes_ + answer.ByteSizeLong();
    if (bytes > node_.limits.call_queue_bytes || !held_.Hold(static_cast<int64_t>(bytes))) {
      probe_.call_overflows.Add();
      return Fail(Error(absl::StatusCode::kResourceExhausted, "CALLER_TOO_SLOW",
                        "too many answers wait to be fetched"));
    }
    bytes_ = bytes;
    answers_.push_back(std::move(answer));
  }
  void TakeEnd(v1::Outcome outcome) {
    if (!failure_.ok()) return;
    outcome_ = std::move(outcome);
    asking_ = nullptr;
  }

  // False: what comes behind `after` is not kept any more, or is yet to come.
  bool Drop(uint64_t after) {
    if (after < dropped_ || after - dropped_ > answers_.size()) return false;
    for (; dropped_ < after; ++dropped_) {
      bytes_ -= answers_.front().ByteSizeLong();
      answers_.pop_front();
    }
    held_.Hold(static_cast<int64_t>(bytes_));
    return true;
  }

  void Wait(Fetched done, Instant until) {
    Tell(FetchAnswersResponse());  // who waited before
    waiting_ = std::move(done);
    wait_until_ = until;
    keep_until_ = until + node_.limits.cluster_timeout + kUnfetched;
  }
  void Keep(Instant until) { keep_until_ = std::max(keep_until_, until); }
  bool waits() const { return static_cast<bool>(waiting_); }
  Instant wait_until() const { return wait_until_; }
  Instant keep_until() const { return keep_until_; }

  bool ready() const { return !answers_.empty() || outcome_ || !failure_.ok(); }
  // Nothing is left to be fetched behind what it says next.
  bool last() const { return answers_.empty() && (outcome_ || !failure_.ok()); }

  void Tell(absl::StatusOr<FetchAnswersResponse> response) {
    if (waiting_) std::exchange(waiting_, {})(std::move(response));
  }
  absl::StatusOr<FetchAnswersResponse> Page() const {
    if (last() && !failure_.ok()) return failure_;
    FetchAnswersResponse page;
    size_t bytes = 0;
    auto answer = answers_.begin();
    for (; answer != answers_.end(); ++answer) {
      bytes += answer->ByteSizeLong() + kFieldBytes;
      if (bytes > page_bytes_ && page.answers_size() > 0) break;
      *page.add_answers() = *answer;
    }
    if (!outcome_ || answer != answers_.end()) return page;
    // It may name as many ids as a selector.
    const bool fits = bytes + outcome_->ByteSizeLong() <= page_bytes_;
    if (fits || answers_.empty()) *page.mutable_outcome() = *outcome_;
    return page;
  }

 private:
  static constexpr size_t kFieldBytes = 6;  // what a repeated field adds at most, up to 2 GiB

  const Node& node_;
  ControlProbe& probe_;
  const size_t page_bytes_;
  bool begun_ = false;
  std::shared_ptr<ClientCall> asking_;
  std::list<v1::CallResponse::Answer> answers_;  // the oldest first
  uint64_t dropped_ = 0;                         // before those, which have arrived
  size_t bytes_ = 0;                             // of the answers
  CallBytes held_;
  std::optional<v1::Outcome> outcome_;  // once all answers have come
  absl::Status failure_;

  Fetched waiting_;
  Instant wait_until_ = Instant::Past();
  Instant keep_until_ = Instant::Past();
};

AskedCalls::AskedCalls(ControlProbe& probe) : probe_(probe) {}

AskedCalls::~AskedCalls() = default;

void AskedCalls::Begin(const Node& node, const std::string& name, const v1::CallRequest& request,
                       Now now) {
  Call& call = CallOf(node, name);
  if (call.begun()) return;
  call.Keep(now.steady + node.limits.cluster_timeout + kUnfetched);
  auto plan = ToCallPlan(node, request);
  absl::Status status = plan.ok() ? node.calls.Admit(node.limits) : plan.status();
  if (!status.ok()) {
    call.Fail(std::move(status));
    return Tell(name);
  }
  CallListener listener;
  listener.on_answer = [this, &node, name](v1::CallResponse::Answer answer) {
    if (Call* asked = Find(name)) asked->Take(std::move(answer));
    TellSoon(node, name);
  };
  listener.on_end = [this, &node, name](v1::Outcome outcome) {
    if (Call* asked = Find(name)) asked->TakeEnd(std::move(outcome));
    TellSoon(node, name);
  };
  call.Start(*std::move(plan), std::move(listener));
}

void AskedCalls::Fetch(const Node& node, const std::string& name, uint64_t after,
                       absl::Duration wait, Fetched done, Now now) {
  // One that has fetched before knows that the call began.
  if (after > 0 && Find(name) == nullptr) return done(Unknown());
  Call& call = CallOf(node, name);
  if (!call.Drop(after)) return done(Unknown());
  call.Wait(std::move(done), now.steady + wait);
  Tell(name);
}

void AskedCalls::Forget(const std::string& name) {
  auto call = calls_.find(name);
  if (call != calls_.end()) Remove(call);
}

AskedCalls::Call& AskedCalls::CallOf(const Node& node, const std::string& name) {
  std::unique_ptr<Call>& call = calls_[name];
  if (!call) call = std::make_unique<Call>(node, probe_);
  if (!ticking_) TickLater(node);
  return *call;
}

AskedCalls::Call* AskedCalls::Find(const std::string& name) {
  auto call = calls_.find(name);
  return call == calls_.end() ? nullptr : call->second.get();
}

AskedCalls::Calls::iterator AskedCalls::Remove(Calls::iterator call) {
  const std::unique_ptr<Call> removed = std::move(call->second);
  auto next = calls_.erase(call);
  removed->Abandon();
  removed->Tell(Unknown());
  return next;
}

void AskedCalls::Tell(const std::string& name) {
  auto found = calls_.find(name);
  Call& call = *found->second;
  if (!call.waits() || !call.ready()) return;
  const bool last = call.last();
  call.Tell(call.Page());
  if (last) Remove(found);
}

void AskedCalls::TellSoon(const Node& node, const std::string& name) {
  Call* call = Find(name);
  if (call == nullptr || !call->waits()) return;
  node.home.Post([this, name](Now) {
    if (Find(name) != nullptr) Tell(name);
  });
}

void AskedCalls::TickLater(const Node& node) {
  ticking_ = true;
  node.drains.OnNextTick([this, &node](Now now) { Tick(node, now); });
}

void AskedCalls::Tick(const Node& node, Now now) {
  for (auto it = calls_.begin(); it != calls_.end();) {
    Call& call = *it->second;
    const bool in_vain = call.waits() && now.steady >= call.wait_until();
    if (now.steady >= call.keep_until() || (in_vain && !call.begun())) {
      it = Remove(it);
      continue;
    }
    if (in_vain) call.Tell(FetchAnswersResponse());
    ++it;
  }
  ticking_ = false;
  if (!calls_.empty()) TickLater(node);
}

}  // namespace sluice::control
