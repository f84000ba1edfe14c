// SPDX-License-Identifier: Apache-2.0
#include "control/token_verb.h"

#include <memory>
#include <utility>
#include <variant>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "control/done.h"
#include "control/on_shards.h"
#include "control/outcomes.h"
#include "control/selector.h"
#include "control/status.h"
#include "control/values.h"
#include "control/views.h"
#include "gateway/hub/client_verbs.h"
#include "gateway/hub/shard.h"
#include "storage/executor.h"
#include "storage/time.h"

namespace sluice::control {
namespace {

// Counts confirmations; is done once all that are owed have come, one way or the other.
class Confirmations final : public hub::AnswerSink {
 public:
  Confirmations(storage::Executor& home, Done<v1::SetAuthTokenResponse> done)
      : home_(home), done_(std::move(done)) {}

  void OnAnswer(hub::ClientAnswer answer) override {
    absl::MutexLock lock(&mutex_);
    ++answers_;
    confirmed_ += std::holds_alternative<hub::Payload>(answer.how);
    FinishIfComplete();
  }

  void Expect(v1::Outcome outcome) {
    absl::MutexLock lock(&mutex_);
    outcome_ = std::move(outcome);
    FinishIfComplete();
  }

 private:
  void FinishIfComplete() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    if (!outcome_ || answers_ < outcome_->enqueued() || !done_) return;
    v1::SetAuthTokenResponse response;
    *response.mutable_outcome() = *std::move(outcome_);
    uint64_t unconfirmed = answers_ - confirmed_;
    if (unconfirmed > 0)
      (*response.mutable_outcome()->mutable_dropped())["unconfirmed"] = unconfirmed;
    response.mutable_outcome()->set_enqueued(confirmed_);
    home_.Post([done = std::move(done_), response = std::move(response)](Now) mutable {
      done(std::move(response));
    });
    done_ = nullptr;
  }

  storage::Executor& home_;
  absl::Mutex mutex_;
  Done<v1::SetAuthTokenResponse> done_ ABSL_GUARDED_BY(mutex_);
  std::optional<v1::Outcome> outcome_ ABSL_GUARDED_BY(mutex_);
  uint64_t answers_ ABSL_GUARDED_BY(mutex_) = 0;
  uint64_t confirmed_ ABSL_GUARDED_BY(mutex_) = 0;
};

absl::Status Explain(const absl::Status& status) {
  if (status.code() == absl::StatusCode::kFailedPrecondition) {
    return Error(absl::StatusCode::kFailedPrecondition, "NO_SIGNING_KEY",
                 "no key to sign with is configured (--jwt-keys)");
  }
  return Invalid("CLAIMS_INVALID", "claims_json", std::string(status.message()));
}

}  // namespace

absl::StatusOr<SetAuthTokenVerb> SetAuthTokenVerb::Make(const Node& node, const Request& request) {
  auto selector = ToSelector(request.selector(), node.name, node.limits);
  if (!selector.ok()) return selector.status();
  SetAuthTokenVerb verb;
  verb.selector_ = *std::move(selector);
  if (request.has_confirm_within()) {
    verb.confirm_within_ = ToDuration(request.confirm_within());
    bool fine = verb.confirm_within_ && *verb.confirm_within_ > absl::ZeroDuration() &&
                *verb.confirm_within_ <= node.limits.client_call_timeout_max;
    if (!fine) {
      return Invalid("TIMEOUT_INVALID", "confirm_within",
                     "more than zero, at most --client-call-timeout-max");
    }
  }
  auto token = node.tokens.Sign(request.claims_json(), ReadClocks().date);
  if (!token.ok()) return Explain(token.status());
  verb.token_ = *std::move(token);
  return verb;
}

void SetAuthTokenVerb::Run(const Node& node, Done<Response> done) && {
  std::shared_ptr<Confirmations> sink;
  if (confirm_within_) {
    sink = std::make_shared<Confirmations>(node.home, std::move(done));
    done = [sink](absl::StatusOr<Response> response) { sink->Expect(response->outcome()); };
  }
  OnShards<Response>(
      node,
      [selector = std::move(selector_), token = std::move(token_),
       within = confirm_within_.value_or(absl::ZeroDuration()), sink](hub::Shard& shard, Now now) {
        return shard.clients().SetToken(selector, token, {0, within, sink}, now);
      },
      [](std::vector<hub::Outcome> parts) {
        Response response;
        *response.mutable_outcome() = ToProto(hub::MergeOutcomes(std::move(parts)));
        return response;
      },
      std::move(done));
}

absl::StatusOr<v1::SetAuthTokenResponse> SetAuthTokenVerb::Merge(const Request&,
                                                                 Parts<Response> parts) {
  auto answers = Settle(parts);
  if (!answers.ok()) return answers.status();
  std::vector<v1::Outcome> outcomes;
  for (Response& answer : *answers) outcomes.push_back(std::move(*answer.mutable_outcome()));
  Response response;
  *response.mutable_outcome() = MergeOutcomes(std::move(outcomes), parts.unreachable);
  return response;
}

}  // namespace sluice::control
