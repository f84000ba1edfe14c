// SPDX-License-Identifier: Apache-2.0
//
// Watches the node from the admin port's thread, and is what /healthz and /readyz say: whether its
// threads turn and can follow, whether clients have descriptors left, whether the control port
// accepts.
//
// The admin port's thread, but for the constructor.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <utility>

#include "gateway/runtime/heartbeats.h"
#include "gateway/runtime/log.h"
#include "gateway/server/complaints.h"
#include "storage/thread_checker.h"
#include "storage/time.h"

namespace sluice::server {

class Watch {
 public:
  struct Sources {
    runtime::Heartbeats& heartbeats;
    // Descriptors with this number and above are not for clients.
    int descriptors_end;
    // How many clients were turned away for want of one, ever.
    std::function<uint64_t()> descriptor_refusals;
    // What is wrong with the control port; empty: nothing.
    std::function<std::string()> control;
    // Called when the node becomes ready, and when it is no more.
    std::function<void(bool)> ready;
    // Called when it can take no more work, and when it can again.
    std::function<void(bool)> overloaded;
  };
  Watch(Sources sources, const runtime::Log& log)
      : sources_(std::move(sources)), complaints_(log) {}

  void Tick(Instant now);

  // What a restart would mend, for /healthz; empty: nothing.
  std::string sickness() const { return sources_.heartbeats.Complaint(); }
  // Why no new client should come, for /readyz; empty: nothing is in the way.
  std::string unreadiness() const { return complaints_.Text(); }

 private:
  std::string Descriptors();

  [[no_unique_address]] ThreadChecker thread_;
  const Sources sources_;
  Complaints complaints_;
  uint64_t refusals_ = 0;
  bool ready_ = true;
  bool overloaded_ = false;
};

}  // namespace sluice::server
