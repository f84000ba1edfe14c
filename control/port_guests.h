// SPDX-License-Identifier: Apache-2.0
//
// The connections of the control port: who may come, who is silent, who was handed over.
//
// A newcomer takes the place of whoever has been silent for longest: of its own address if that is
// at its bound, of anybody if all places are taken. So whoever speaks at once gets in while others
// hold sockets open. Those that were handed over are never cut.
//
// One thread; time is told.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <limits>
#include <list>
#include <map>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "control/port_probe.h"
#include "storage/thread_checker.h"
#include "storage/time.h"

namespace sluice::control {

class PortGuests {
 public:
  struct Limits {
    size_t connections_max = 4096;                         // --control-connections-max
    size_t per_address = 1024;                             // --control-connections-per-address
    absl::Duration handshake_timeout = absl::Seconds(10);  // --control-handshake-timeout
    // Not an option: descriptors with this number and above are left to the admin port.
    int descriptors_end = std::numeric_limits<int>::max();
  };
  // Of those that may be silent at once, whatever the limits.
  static constexpr size_t kSilentMax = 128;

  PortGuests(const Limits& limits, PortProbe& probe) : limits_(limits), probe_(probe) {}
  ~PortGuests();  // closes the silent ones
  PortGuests(const PortGuests&) = delete;
  PortGuests& operator=(const PortGuests&) = delete;

  // A connection was accepted; it is silent until Adopt. Owns `fd`, and may have to close it.
  void Arrive(int fd, const std::string& address, Instant now);
  // It speaks: its descriptor is the caller's from now on, and counts as long as it is open.
  void Adopt(int fd);
  // It is gone.
  void Drop(int fd);
  // Its descriptor is needed. False: nobody is silent.
  bool CutOldest();

  // Cuts who has been silent for too long, and forgets who is gone.
  void Tick(Instant now);

  // The silent ones' descriptors, by age.
  std::vector<int> silent() const;
  bool empty() const { return silent_.empty() && adopted_.empty(); }

 private:
  struct Guest {
    int fd;
    std::string address;
    Instant deadline;  // while it is silent
    ino_t inode;
  };
  using Guests = std::list<Guest>;

  bool MakeRoom(const std::string& address);
  size_t Count(const std::string& address) const;
  // The oldest silent one, of one address or ("") of any. False: there is none.
  bool CutSilent(const std::string& address);
  Guests::iterator Forget(Guests& guests, Guests::iterator guest);
  void Sweep();

  [[no_unique_address]] ThreadChecker thread_;
  const Limits limits_;
  PortProbe& probe_;
  Guests silent_;
  Guests adopted_;
  std::map<std::string, size_t> counts_;  // by address
};

}  // namespace sluice::control
