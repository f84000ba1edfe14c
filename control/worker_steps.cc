// SPDX-License-Identifier: Apache-2.0
#include "control/worker_steps.h"

#include <algorithm>
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "control/status.h"
#include "gateway/hub/shard.h"
#include "gateway/hub/shard_set.h"
#include "gateway/hub/workers.h"
#include "storage/executor.h"
#include "text/utf8.h"

namespace sluice::control {
namespace {

void Refuse(const absl::Status& status, v1::Registered& answer) {
  answer.set_refused_reason(text::ToUtf8(ReasonOf(status)));
  answer.set_refused_message(text::ToUtf8(std::string(status.message())));
}

WorkerStep ToStep(const v1::Register& message, const WorkerIdentity& worker, bool goodbye,
                  const Limits& limits, size_t& names_left) {
  WorkerStep step;
  step.answer.set_id(message.id());
  absl::StatusOr<hub::Registration> made =
      goodbye ? Invalid("GOODBYE_SAID", "", "nothing is registered after goodbye")
              : ToRegistration(message, worker, limits, names_left);
  if (made.ok()) {
    step.registration = *std::move(made);
    step.offered = message;
  } else {
    Refuse(made.status(), step.answer);
  }
  return step;
}

WorkerStep ToStep(const v1::Deregister& message, const WorkerIdentity& worker, size_t& names_left) {
  WorkerStep step;
  step.answer.set_id(message.id());
  auto made = ToDeregistration(message, worker.id, names_left);
  if (made.ok()) {
    step.deregistration = *std::move(made);
    step.taken_back = message;
  } else {
    Refuse(made.status(), step.answer);
  }
  return step;
}

absl::Status RunOn(const WorkerStep& step, hub::Shard& shard, Now now) {
  if (step.deregistration) shard.workers().Deregister(*step.deregistration, now);
  if (!step.registration) return absl::OkStatus();
  absl::Status status = shard.workers().Register(*step.registration, now);
  shard.workers().OnCredit(now);  // there is one more to give waiting calls to
  return status;
}

absl::Status Explain(const absl::Status& refused) {
  if (absl::IsAlreadyExists(refused)) {
    return Invalid("ACCESS_CONFLICT", "",
                   absl::StrCat(std::string(refused.message()), " (--registration-conflict)"));
  }
  return Invalid("REGISTRATIONS_EXHAUSTED", "", "the node knows enough names (--methods-max)");
}

absl::Status TooMany(const Limits& limits) {
  return Error(absl::StatusCode::kResourceExhausted, "REGISTRATIONS_EXHAUSTED",
               absl::StrCat("a message of a worker has at most ", limits.worker_registrations_max,
                            " registers and deregisters (--worker-registrations-max)"));
}

// The rest of one message's steps; home thread.
struct Applying {
  const Node& node;
  std::vector<WorkerStep> steps;
  StepListener listener;
  size_t next = 0;

  static void Go(std::shared_ptr<Applying> self) {
    if (self->next == self->steps.size()) return self->listener.done();
    self->node.shards.Gather(
        [self](hub::Shard& shard, Now now) { return RunOn(self->steps[self->next], shard, now); },
        [self](std::vector<absl::Status> results, Now) {
          self->node.home.Post([self, results = std::move(results)](Now) {
            self->Answer(results);
            ++self->next;
            Go(self);
          });
        });
  }

  void Answer(const std::vector<absl::Status>& results) {
    WorkerStep& step = steps[next];
    auto refused = std::find_if(results.begin(), results.end(), [](auto& r) { return !r.ok(); });
    if (refused != results.end()) Refuse(Explain(*refused), step.answer);
    if (step.answer.refused_reason().empty() && listener.taken) listener.taken(step);
    listener.answered(std::move(step.answer));
  }
};

}  // namespace

absl::StatusOr<std::vector<WorkerStep>> ToSteps(const v1::ServeRequest& message,
                                                const WorkerIdentity& worker, bool goodbye,
                                                const Limits& limits) {
  const int count = message.registers_size() + message.deregisters_size();
  if (static_cast<size_t>(count) > limits.worker_registrations_max) return TooMany(limits);
  std::vector<WorkerStep> steps;
  size_t names_left = limits.worker_registrations_max;
  for (const auto& one : message.registers()) {
    steps.push_back(ToStep(one, worker, goodbye, limits, names_left));
  }
  for (const auto& one : message.deregisters()) steps.push_back(ToStep(one, worker, names_left));
  return steps;
}

void ApplySteps(const Node& node, std::vector<WorkerStep> steps, StepListener listener) {
  auto applying = std::make_shared<Applying>(Applying{node, std::move(steps), std::move(listener)});
  node.home.Post([applying = std::move(applying)](Now) { Applying::Go(applying); });
}

}  // namespace sluice::control
