// SPDX-License-Identifier: Apache-2.0
//
// One node, as its process sees it.
#pragma once

#include <memory>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "gateway/config/settings.h"
#include "gateway/runtime/log.h"
#include "gateway/server/addresses.h"
#include "gateway/server/notifier.h"

namespace sluice::server {

class Server {
 public:
  // Whether Start would take these settings and the files that they name; listens nowhere.
  static absl::Status Check(const config::Settings& settings);

  // Builds everything, listens, starts, and tells the service manager. `log` outlives it.
  // INVALID_ARGUMENT, UNAVAILABLE: one line
  // that says what cannot be had.
  static absl::StatusOr<std::unique_ptr<Server>> Start(const config::Settings& settings,
                                                       const runtime::Log& log,
                                                       const Notifier::Options& notified = {});
  virtual ~Server() = default;

  virtual const Addresses& addresses() const = 0;

  // Leaves as SIGTERM would make it leave. Any thread.
  virtual void Leave() = 0;

  // Returns once the node has left: after a signal or Leave, and after the drain.
  virtual void Wait() = 0;
};

}  // namespace sluice::server
