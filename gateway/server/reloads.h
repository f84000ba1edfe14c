// SPDX-License-Identifier: Apache-2.0
//
// Certificates, tokens and keys that are exchanged while the node serves: read again on SIGHUP,
// and, since nobody sends one where they are mounted, when their contents have changed. Home
// thread.
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "gateway/runtime/log.h"
#include "gateway/server/file_contents.h"
#include "metrics/probe.h"
#include "storage/time.h"

namespace sluice::server {

class Reloads final : public metrics::Source {
 public:
  struct Options {
    absl::Duration interval = absl::Seconds(30);  // --reload-interval; zero: on SIGHUP alone
    std::string public_cert{};                    // empty: the port speaks no TLS
    std::string control_cert{};
  };
  struct Ports {
    std::function<absl::Status()> reload;             // all of them; what is wrong stays as it was
    std::function<std::vector<std::string>()> files;  // that matter now
    // Told ahead of each reload, and what came of it; empty: nobody is.
    std::function<void()> begun{};
    std::function<void(const absl::Status&)> ended{};
  };

  // All of it has been read once. `log` outlives this.
  Reloads(Options options, Ports ports, const runtime::Log& log);

  // Often; looks each interval.
  void Tick(Now now);
  // At once, and says what came of it.
  void Reload();

  void Visit(metrics::Visitor& visitor) const override;

 private:
  absl::Status ReadAgain();
  void NoteExpiries();

  const Options options_;
  const Ports ports_;
  const runtime::Log& log_;
  FileContents contents_;
  Instant next_look_ = Instant::Past();
  metrics::Counter good_;
  metrics::Counter refused_;
  metrics::Gauge last_refused_;
  metrics::Gauge public_expiry_;  // seconds since 1970; 0: there is no certificate
  metrics::Gauge control_expiry_;
};

}  // namespace sluice::server
