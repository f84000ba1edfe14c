// SPDX-License-Identifier: Apache-2.0
//
// Control.Call on one node: asks the selected clients and hands their answers on as they come.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "control/done.h"
#include "control/node.h"
#include "gateway/hub/selector.h"
#include "gateway/hub/shard.h"
#include "metrics/probe.h"
#include "sluice/v1/control.pb.h"

namespace sluice::control {

// A request that has been checked.
struct CallPlan {
  hub::Selector selector;
  std::string method;
  hub::Payload params;
  absl::Duration timeout;
};

// INVALID_ARGUMENT: METHOD_INVALID, MESSAGE_INVALID, TIMEOUT_INVALID, and what ToSelector says.
absl::StatusOr<CallPlan> ToCallPlan(const Node& node, const v1::CallRequest& request);

// Who wants the answers. Both run on the home thread; OnEnd once, after every answer.
struct CallListener {
  absl::AnyInvocable<void(v1::CallResponse::Answer)> on_answer;
  absl::AnyInvocable<void(v1::Outcome)> on_end;
};

// One call under way.
class ClientCall {
 public:
  virtual ~ClientCall() = default;
  // Nobody wants the answers any more; the listener is told nothing after. Any thread.
  virtual void Forget() = 0;
};

class AskedCalls;
class ControlProbe;

// Thread-safe, but for asked().
class ClientCalls {
 public:
  // `probe` outlives this.
  explicit ClientCalls(ControlProbe& probe);
  ~ClientCalls();

  // Before Start: RESOURCE_EXHAUSTED CLIENT_CALLS_EXHAUSTED.
  absl::Status Admit(const Limits& limits) const;
  // `node` and this outlive the call.
  std::shared_ptr<ClientCall> Start(const Node& node, CallPlan plan, CallListener listener);

  // Answers that are due on this node.
  int64_t awaited() const { return awaited_.value(); }

  // For a call of all nodes: no other call of any node has this name.
  std::string NameOne(const Node& node);

  // Those that other nodes asked for. Home thread.
  AskedCalls& asked() { return *asked_; }

 private:
  metrics::SharedGauge awaited_;
  std::atomic<uint64_t> next_{1};
  const std::unique_ptr<AskedCalls> asked_;
};

}  // namespace sluice::control
