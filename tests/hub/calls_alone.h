// SPDX-License-Identifier: Apache-2.0
//
// Calls by themselves: an endpoint that a test makes, and an owner that notes what it is told.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <gtest/gtest.h>

#include "gateway/hub/calls.h"
#include "gateway/hub/deadlines.h"
#include "gateway/hub/endpoints.h"
#include "gateway/hub/probe.h"
#include "tests/fakes/fake_worker.h"

namespace sluice::hub {

struct NotedCallOwner final : CallOwner {
  Context ContextOf(const PendingCall& call, const ContextSpec&) override {
    Context context;
    context.connection = std::to_string(call.session.value);
    return context;
  }
  Endpoint* EndpointOf(const PendingCall&) override { return endpoint; }
  void OnHealth(const PendingCall&, const WorkerHealth::Change& change, Now) override {
    health.push_back(change.kind);
  }
  void OnPlaceFreed() override { ++places_freed; }
  void OnResult(PendingCall& call, WorkerResult&& result, Now) override {
    const auto* error = std::get_if<CallError>(&result);
    const auto* payload = std::get_if<Payload>(&result);
    ended.push_back(call.question.correlation.id + "=" +
                    (error     ? std::string(FaultLabel(error->fault))
                     : payload ? payload->bytes
                               : "?"));
    tokens.push_back(call.token ? call.token->text : "");
    in_flight.push_back(probe->calls_in_flight.value());
    if (meanwhile) meanwhile();
  }

  const ShardProbe* probe = nullptr;
  Endpoint* endpoint = nullptr;
  std::function<void()> meanwhile;
  std::vector<std::string> ended;
  std::vector<std::string> tokens;
  std::vector<int64_t> in_flight;  // while it was told
  std::vector<WorkerHealth::Change::Kind> health;
  int places_freed = 0;
};

struct CallsAlone : testing::Test {
  CallsAlone() {
    owner.probe = &probe;
    owner.endpoint = &endpoint;
    endpoint.method = "m";
    bounds.method_queue = 3;
  }

  Offer& Serve(std::shared_ptr<WorkerLink> link) {
    auto offer = std::make_shared<Offer>();
    offer->link = std::move(link);
    offer->method = "m";
    endpoint.offers.push_back(offer);
    return *offer;
  }
  std::shared_ptr<fakes::FakeWorker> Serve(int64_t credit) {
    auto worker = std::make_shared<fakes::FakeWorker>(credit);
    Serve(worker);
    return worker;
  }
  PendingCall* Begin(const std::string& id, uint32_t session = 1, Role role = Role::kMethod) {
    Invocation invocation;
    invocation.role = role;
    invocation.method = role == Role::kGuard ? "subject" : "m";
    invocation.params = Payload::Json(id);
    PendingCall* call = calls.Begin(Key::Make(kShard, session, 1), endpoint, bounds,
                                    std::move(invocation), absl::Seconds(10), now);
    if (call) call->question.correlation.id = id;
    return call;
  }
  void Pass(absl::Duration time) {
    now += time;
    deadlines.Advance(now, [&](Deadlines::Kind kind, Key key) {
      EXPECT_EQ(kind, Deadlines::Kind::kCall);
      calls.OnDeadline(key, now);
    });
  }
  static std::vector<std::string> Given(const fakes::FakeWorker& worker) {
    std::vector<std::string> params;
    for (const auto& one : worker.invoked) params.push_back(one.params.bytes);
    return params;
  }

  static constexpr uint32_t kShard = 3;
  Now now{Instant(absl::Hours(1)), absl::FromUnixSeconds(1'700'000'000)};
  ShardProbe probe;
  NotedCallOwner owner;
  Deadlines deadlines{kShard};
  NamespacePolicy::Calls bounds;
  Endpoint endpoint;
  Calls calls{kShard, owner, deadlines, probe};
};

}  // namespace sluice::hub
