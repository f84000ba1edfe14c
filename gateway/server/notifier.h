// SPDX-License-Identifier: Apache-2.0
//
// Tells the service manager that started this process how it is: systemd's notification protocol
// (sd_notify(3)), of which a message is one datagram of lines. Written here and not by libsystemd,
// whose sending blocks while the manager does not read; this never does. Does nothing unless the
// manager asked for it.
#pragma once

#include <cstddef>
#include <deque>
#include <string>

#include "absl/time/time.h"
#include "storage/time.h"

namespace sluice::server {

class Notifier {
 public:
  struct Options {
    std::string socket{};                            // NOTIFY_SOCKET; empty: nobody listens
    absl::Duration watchdog = absl::ZeroDuration();  // WATCHDOG_USEC; zero: no watchdog
  };
  // Messages that wait while the manager does not read; beyond that the oldest are lost.
  static constexpr size_t kUnsentMax = 16;

  // Takes what concerns this process out of the environment, so that nobody else uses it. Before
  // there are threads.
  static Options TakeFromEnvironment();

  explicit Notifier(const Options& options);
  ~Notifier();
  Notifier(const Notifier&) = delete;
  Notifier& operator=(const Notifier&) = delete;

  // One thread after the other; the next ones are the home thread's.
  void Ready(const std::string& status);
  void Reloading();
  void Reloaded(const std::string& status);
  // It goes, and is not to be hurried for `longest`.
  void Stopping(absl::Duration longest, const std::string& status);
  void SetStatus(const std::string& status);
  // Sends what could not be sent yet.
  void Tick();

  // The watching thread, often, while the node is well: feeds the watchdog.
  void Alive(Instant now);

 private:
  enum class Sent { kYes, kLater, kNever };
  void Say(std::string message);
  Sent Send(const std::string& message) const;

  const Options options_;
  int descriptor_ = -1;
  std::deque<std::string> unsent_;
  Instant next_alive_ = Instant::Past();
};

}  // namespace sluice::server
