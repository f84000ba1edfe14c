// SPDX-License-Identifier: Apache-2.0
//
// Where a node keeps presence, and how it reaches other nodes (--storage).
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "gateway/config/settings.h"
#include "gateway/runtime/heartbeats.h"
#include "gateway/runtime/log.h"
#include "metrics/probe.h"
#include "storage/broker.h"
#include "storage/presence.h"

namespace sluice::server {

class Stores {
 public:
  virtual ~Stores() = default;

  // `epoch` is this life of the node. INVALID_ARGUMENT names the option that is wrong.
  static absl::StatusOr<std::unique_ptr<Stores>> Make(const config::Settings& settings,
                                                      const std::string& epoch);

  virtual storage::Presence& presence() = 0;
  virtual storage::Broker& broker() = 0;
  // Whether there may be other nodes at all.
  virtual bool shared() const = 0;
  virtual std::vector<const metrics::Source*> metrics() const = 0;
  // Has the stores' own thread watched, if they have one.
  virtual void WatchThread(runtime::Heartbeats& heartbeats) const = 0;

  // Once all that is told by them is there. `log` outlives the stores.
  virtual void Start(const runtime::Log& log) = 0;
  // Once nobody uses them any more; what was given back before is given back by then, if the store
  // answers in time.
  virtual void Stop() = 0;
};

}  // namespace sluice::server
