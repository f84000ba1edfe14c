// SPDX-License-Identifier: Apache-2.0
//
// What the kernel knows of a TCP socket's sending side (Linux: SIOCOUTQ, TCP_INFO).
#pragma once

#include <cstdint>

namespace sluice::edge {

struct SendQueue {
  uint64_t unconfirmed = 0;  // bytes that were written and that the peer has not confirmed
  uint64_t in_flight = 0;    // of these, on their way; the others wait for room at the peer
  // How far the peer has ever let us send, counted from the connection's beginning: what it has
  // confirmed and the window behind. Both 0 if the kernel does not say (before Linux 5.4).
  uint64_t allowed = 0;
};

// Zeros for what is no TCP socket.
SendQueue ReadSendQueue(int socket);

}  // namespace sluice::edge
