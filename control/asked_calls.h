// SPDX-License-Identifier: Apache-2.0
//
// Calls of this node's clients that other nodes asked for, by the names that those gave them
// (internal/v1/cluster.proto): the answers wait here until they are fetched.
//
// An answer is kept until the next fetch says that it has arrived, so that a reply which is lost
// costs time and nothing else. A call that nobody fetches from is forgotten, and its clients are
// not waited for: whoever asked has died, or does not reach this node any more.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "control/done.h"
#include "control/node.h"
#include "control/probe.h"
#include "sluice/internal/v1/cluster.pb.h"
#include "sluice/v1/control.pb.h"
#include "storage/time.h"

namespace sluice::control {

// Home thread. `node` is the same each time, and outlives what was begun.
class AskedCalls {
 public:
  using Fetched = Done<internal::v1::FetchAnswersResponse>;

  // `probe` outlives this.
  explicit AskedCalls(ControlProbe& probe);
  ~AskedCalls();

  // What is wrong with `request`, or if there is no room for it, is told to whoever fetches.
  void Begin(const Node& node, const std::string& name, const v1::CallRequest& request, Now now);

  // Answers once there is something behind `after`, and says what there is after `wait`. One waits
  // at a time: who waited before is told that there is nothing. NOT_FOUND CALL_UNKNOWN.
  void Fetch(const Node& node, const std::string& name, uint64_t after, absl::Duration wait,
             Fetched done, Now now);

  void Forget(const std::string& name);

  size_t size() const { return calls_.size(); }

 private:
  class Call;
  using Calls = std::map<std::string, std::unique_ptr<Call>>;

  Call& CallOf(const Node& node, const std::string& name);
  Call* Find(const std::string& name);
  Calls::iterator Remove(Calls::iterator call);
  // Whoever waits, if there is something.
  void Tell(const std::string& name);
  // The same, once what has come at the same time is there, too.
  void TellSoon(const Node& node, const std::string& name);
  void TickLater(const Node& node);
  void Tick(const Node& node, Now now);

  ControlProbe& probe_;
  Calls calls_;
  bool ticking_ = false;
};

}  // namespace sluice::control
