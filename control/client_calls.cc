// SPDX-License-Identifier: Apache-2.0
#include "control/client_calls.h"

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "control/asked_calls.h"
#include "control/body.h"
#include "control/done.h"
#include "control/selector.h"
#include "control/status.h"
#include "control/values.h"
#include "control/views.h"
#include "gateway/hub/client_verbs.h"
#include "gateway/hub/shard_set.h"
#include "storage/executor.h"

namespace sluice::control {
namespace {

// Answers come on the shards' threads; everything is put together at home.
class Asking final : public ClientCall,
                     public hub::AnswerSink,
                     public std::enable_shared_from_this<Asking> {
 public:
  Asking(const Node& node, metrics::SharedGauge& awaited, uint64_t id, CallListener listener)
      : node_(node), awaited_(awaited), id_(id), listener_(std::move(listener)) {}

  void Begin(CallPlan plan) {
    auto self = shared_from_this();
    node_.shards.Gather(
        [self, plan = std::move(plan)](hub::Shard& shard, Now now) {
          return shard.clients().Call(plan.selector, {self->id_, plan.timeout, self}, plan.method,
                                      plan.params, now);
        },
        [self](std::vector<hub::Outcome> parts, Now) {
          self->node_.home.Post([self, parts = std::move(parts)](Now) mutable {
            self->TakeOutcome(hub::MergeOutcomes(std::move(parts)));
          });
        });
  }

  void OnAnswer(hub::ClientAnswer answer) override {
    node_.home.Post([self = shared_from_this(), answer = std::move(answer)](Now) mutable {
      self->Take(std::move(answer));
    });
  }

  void Forget() override {
    node_.home.Post([self = shared_from_this()](Now) { self->GiveUp(); });
  }

 private:
  void Take(hub::ClientAnswer answer) {
    if (over_) return;
    ++received_;
    if (known_) awaited_.Add(-1);
    listener_.on_answer(ToProto(std::move(answer)));
    EndIfComplete();
  }

  void TakeOutcome(hub::Outcome outcome) {
    if (over_) return;
    known_ = true;
    expected_ = outcome.enqueued;
    outcome_ = std::move(outcome);
    awaited_.Add(Due());
    EndIfComplete();
  }

  void EndIfComplete() {
    if (over_ || !known_ || Due() > 0) return;
    over_ = true;
    listener_.on_end(ToProto(std::move(outcome_)));
    listener_ = {};
  }

  void GiveUp() {
    if (over_) return;
    over_ = true;
    if (known_) awaited_.Add(-Due());
    listener_ = {};
    for (uint32_t i = 0; i < node_.shards.size(); ++i) {
      node_.shards.Post(i, [id = id_](hub::Shard& shard, Now) { shard.clients().ForgetCall(id); });
    }
  }

  int64_t Due() const { return static_cast<int64_t>(expected_) - static_cast<int64_t>(received_); }

  const Node& node_;
  metrics::SharedGauge& awaited_;
  const uint64_t id_;

  // Home thread only.
  CallListener listener_;
  hub::Outcome outcome_;
  uint64_t expected_ = 0;
  uint64_t received_ = 0;
  bool known_ = false;  // the outcome is
  bool over_ = false;
};

absl::StatusOr<absl::Duration> ToTimeout(const v1::CallRequest& request, const Limits& limits) {
  if (!request.has_timeout()) return limits.client_call_timeout;
  auto timeout = ToDuration(request.timeout());
  if (timeout && *timeout > absl::ZeroDuration() && *timeout <= limits.client_call_timeout_max) {
    return *timeout;
  }
  return Invalid("TIMEOUT_INVALID", "timeout",
                 absl::StrCat("a time-out is more than zero and at most ",
                              absl::FormatDuration(limits.client_call_timeout_max),
                              " (--client-call-timeout-max)"));
}

}  // namespace

absl::StatusOr<CallPlan> ToCallPlan(const Node& node, const v1::CallRequest& request) {
  auto selector = ToSelector(request.selector(), node.name, node.limits);
  if (!selector.ok()) return selector.status();
  if (!IsName(request.method(), kNameMax)) {
    return Invalid("METHOD_INVALID", "method",
                   "a method has 1 to 255 bytes and no control characters");
  }
  auto params = ToPayload(request.params(), "params", SendBound(node.limits));
  if (!params.ok()) return params.status();
  auto timeout = ToTimeout(request, node.limits);
  if (!timeout.ok()) return timeout.status();
  return CallPlan{*std::move(selector), request.method(), *std::move(params), *timeout};
}

ClientCalls::ClientCalls(ControlProbe& probe) : asked_(std::make_unique<AskedCalls>(probe)) {}

ClientCalls::~ClientCalls() = default;

absl::Status ClientCalls::Admit(const Limits& limits) const {
  if (awaited_.value() < static_cast<int64_t>(limits.client_calls_max)) return absl::OkStatus();
  return WithRetry(Error(absl::StatusCode::kResourceExhausted, "CLIENT_CALLS_EXHAUSTED",
                         "too many clients' answers are awaited (--client-calls-max)"),
                   absl::Seconds(1));
}

std::string ClientCalls::NameOne(const Node& node) {
  return absl::StrCat(node.name, "\n", node.epoch, "\n", next_++);
}

std::shared_ptr<ClientCall> ClientCalls::Start(const Node& node, CallPlan plan,
                                               CallListener listener) {
  auto asking = std::make_shared<Asking>(node, awaited_, next_++, std::move(listener));
  asking->Begin(std::move(plan));
  return asking;
}

}  // namespace sluice::control
