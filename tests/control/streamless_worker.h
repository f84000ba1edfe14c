// SPDX-License-Identifier: Apache-2.0
//
// A worker that is connected to one node of a cluster world, without gRPC: what it is given is kept
// for the test to answer, whoever's client it is for.
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "control/credit.h"
#include "control/errand.h"
#include "control/worker_completions.h"
#include "control/worker_registration.h"
#include "control/worker_results.h"
#include "tests/control/cluster_world.h"

namespace sluice::control {

class StreamlessWorker final : public hub::WorkerLink,
                               public LentWorker,
                               public std::enable_shared_from_this<StreamlessWorker> {
 public:
  StreamlessWorker(TestNode& node, std::string name, uint32_t credit)
      : name(std::move(name)), node_(node), credit_(1000), health_({}, ejected_) {
    credit_.Change(credit);
  }

  // hub::WorkerLink.
  int64_t outstanding() const override { return credit_.taken(); }
  hub::WorkerHealth& health() override { return health_; }
  bool TryReserve() override { return !gone_ && credit_.TryTake(); }
  uint64_t Invoke(hub::Invocation& invocation, hub::Context context) override {
    const hub::CallKey call = invocation.call;
    given.push_back({call, {}, ToProto(++last_, std::move(invocation), std::move(context))});
    return last_;
  }
  void Cancel(uint64_t number) override { cancelled.push_back("own " + std::to_string(number)); }

  // LentWorker.
  uint32_t credit() const override { return static_cast<uint32_t>(credit_.total()); }
  Answer Take(Errand& errand, v1::Invocation& invocation) override {
    if (!TryReserve()) return Answer::kNoCredit;
    given.push_back({{}, std::move(errand), std::move(invocation)});
    return Answer::kTaken;
  }
  void Forget(const std::string& node, uint64_t) override { cancelled.push_back(node); }
  void ForgetAll(const std::string& node) override { cancelled.push_back("all " + node); }

  void Register(const v1::Register& proto) {
    size_t left = 1000;
    auto made = ToRegistration(proto, Identity(), node_.node.limits, left);
    if (!made.ok()) std::abort();
    node_.world.Register(*made);
    node_.lending.lender().Add({id(), name, weak_from_this()}, proto, *made);
  }
  void Deregister(const v1::Deregister& proto) {
    size_t left = 1000;
    auto made = ToDeregistration(proto, id(), left);
    if (!made.ok()) std::abort();
    for (uint32_t i = 0; i < node_.world.set.size(); ++i) {
      node_.world.shard(i).workers().Deregister(*made, node_.world.now);
    }
    node_.lending.lender().TakeBack(id(), proto);
  }
  // Its stream ends; what it has been given may have run.
  void Leave() {
    gone_ = true;
    LostErrands lost;
    for (Given& one : given) {
      if (one.errand) lost.sent.push_back(std::move(*one.errand));
    }
    given.clear();
    node_.lending.lender().Lose(std::move(lost));
    node_.lending.lender().Withdraw(id());
    for (uint32_t i = 0; i < node_.world.set.size(); ++i) {
      node_.world.shard(i).workers().Withdraw(id(), node_.world.now);
    }
  }
  // Of the oldest that it was given.
  void Answer1(v1::InvocationResult result) {
    Given one = std::move(given.front());
    given.pop_front();
    const bool wanted = credit_.Release(1);
    if (one.call) CompleteCalls(node_.node, {{*one.call, &result}}, node_.control_probe);
    if (one.errand) node_.lending.lender().Answer({{std::move(*one.errand), &result}});
    if (!wanted) return;
    node_.world.set.StartWaitingCalls();
    node_.lending.lender().TellFree(id());
  }
  void AnswerJson(const std::string& json) {
    v1::InvocationResult result;
    result.mutable_result()->set_json(json);
    Answer1(std::move(result));
  }

  struct Given {
    std::optional<hub::CallKey> call;
    std::optional<Errand> errand;
    v1::Invocation invocation;
  };
  std::deque<Given> given;
  std::vector<std::string> cancelled;
  const std::string name;

 private:
  hub::WorkerId id() const { return reinterpret_cast<uintptr_t>(this) >> 1; }
  WorkerIdentity Identity() {
    WorkerIdentity identity;
    identity.id = id();
    identity.name = name;
    identity.link = shared_from_this();
    identity.in_flight = in_flight_;
    return identity;
  }

  TestNode& node_;
  metrics::SharedGauge ejected_;
  Credit credit_;
  hub::WorkerHealth health_;
  std::shared_ptr<InFlightCounts> in_flight_ = std::make_shared<InFlightCounts>();
  uint64_t last_ = 0;
  bool gone_ = false;
};

}  // namespace sluice::control
