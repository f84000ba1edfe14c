// SPDX-License-Identifier: Apache-2.0
#include "control/answer_verbs.h"

#include <optional>

#include "control/asked_calls.h"
#include "control/client_calls.h"
#include "control/done.h"
#include "control/status.h"
#include "control/values.h"
#include "storage/executor.h"

namespace sluice::control {
namespace {
constexpr absl::Duration kWaitMax = absl::Minutes(1);
}  // namespace

absl::StatusOr<BeginCallVerb> BeginCallVerb::Make(const Node&, const Request& request) {
  return BeginCallVerb(request);
}

void BeginCallVerb::Run(const Node& node, Done<Response> done) && {
  node.home.Post([&node, request = std::move(request_), done = std::move(done)](Now now) mutable {
    node.calls.asked().Begin(node, request.call(), request.request(), now);
    done(Response());
  });
}

absl::StatusOr<FetchAnswersVerb> FetchAnswersVerb::Make(const Node&, const Request& request) {
  const std::optional<absl::Duration> wait = ToDuration(request.wait());
  if (!wait || *wait < absl::ZeroDuration() || *wait > kWaitMax) {
    return Invalid("FIELD_INVALID", "wait", "a wait is at most a minute");
  }
  return FetchAnswersVerb(request, *wait);
}

void FetchAnswersVerb::Run(const Node& node, Done<Response> done) && {
  node.home.Post([&node, request = std::move(request_), wait = wait_,
                  done = std::move(done)](Now now) mutable {
    node.calls.asked().Fetch(node, request.call(), request.after(), wait, std::move(done), now);
  });
}

absl::StatusOr<ForgetCallVerb> ForgetCallVerb::Make(const Node&, const Request& request) {
  return ForgetCallVerb(request);
}

void ForgetCallVerb::Run(const Node& node, Done<Response> done) && {
  node.home.Post([&node, request = std::move(request_), done = std::move(done)](Now) mutable {
    node.calls.asked().Forget(request.call());
    done(Response());
  });
}

}  // namespace sluice::control
