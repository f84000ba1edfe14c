// SPDX-License-Identifier: Apache-2.0
//
// How far the bytes for a client have come. What cannot be known stays 0.
#pragma once

#include <cstdint>

namespace sluice::hub {

struct Flow {
  // These only grow.
  uint64_t put = 0;      // bytes ever put into the outbox: where the next one will stand
  uint64_t arrived = 0;  // of these, at least so many are confirmed by the client's system
  // How many bytes the client's system has ever allowed to be sent (TCP: confirmed, and the window
  // behind). While its program reads nothing, it allows no more.
  uint64_t allowed = 0;

  uint64_t in_flight = 0;  // bytes that were sent and are not confirmed yet
};

}  // namespace sluice::hub
