// SPDX-License-Identifier: Apache-2.0
//
// The control port: accepts connections on a thread of its own, and hands those that have something
// to say over to gRPC. gRPC's own listener (1.51) is closed for good by one accept that finds no
// descriptor left; this one tries again, and says meanwhile that it does not accept.
//
// A connection that says nothing is never gRPC's: it is cut at the handshake's time limit, and
// earlier if its place is needed. One that is handed over is known by its descriptor's number and
// its socket's inode: while the two go together it is open, and counts.
#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <string>
#include <thread>

#include "absl/status/status.h"
#include "control/listeners.h"
#include "control/port_guests.h"
#include "control/port_probe.h"
#include "storage/time.h"

namespace sluice::control {

class Port {
 public:
  // Owns the descriptor from then on. The port's thread.
  using Adopt = std::function<void(int fd)>;

  Port(std::string listen, const PortGuests::Limits& limits, PortProbe& probe);
  ~Port();  // Stop
  Port(const Port&) = delete;
  Port& operator=(const Port&) = delete;

  // UNAVAILABLE: it cannot be had.
  absl::Status Listen();
  // With the port that was bound.
  const std::string& address() const { return address_; }

  void Start(Adopt adopt);
  // Nobody is accepted any more; who was handed over stays.
  void Stop();

  // Any thread.
  bool accepting() const { return accepting_; }

 private:
  void Run();
  // Until somebody comes or speaks, it is to stop, or some time has passed.
  void Wait();
  void Hear(int fd);
  void Accept(int listener);
  void OnAcceptError(int why);
  void Recover();
  void Reopen();

  const std::string listen_;
  const int descriptors_end_;
  PortGuests guests_;
  PortProbe& probe_;
  std::string address_;
  Listeners listeners_;
  Adopt adopt_;
  int wake_ = -1;  // becomes readable when it is to stop
  std::thread thread_;
  std::atomic<bool> stopping_{false};
  std::atomic<bool> accepting_{true};
  // The port's thread.
  Instant now_;
  Instant paused_until_ = Instant::Past();
  bool broken_ = false;  // its sockets must be opened again
};

}  // namespace sluice::control
