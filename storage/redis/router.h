// SPDX-License-Identifier: Apache-2.0
//
// Which server a slot is served by: one for each kind of topology. Loop thread. Internal to the
// room.
#pragma once

#include <cstdint>

#include "absl/status/status.h"
#include "storage/redis/server.h"
#include "storage/time.h"

namespace sluice::storage::redis {

class Router {
 public:
  class User {
   public:
    virtual ~User() = default;
    // There is a master that may not have what an earlier one had.
    virtual void OnNewMaster() = 0;
    // Slots have other owners than before.
    virtual void OnSlotsMoved() = 0;
  };

  virtual ~Router() = default;

  virtual void Start() = 0;
  virtual void Stop() = 0;
  virtual void Tick(Instant now) = 0;

  // Messages are sharded (SPUBLISH).
  virtual bool sharded() const = 0;
  // Null: not known (yet). Good until the next tick, like At.
  virtual Server* Owner(uint16_t slot) = 0;
  // The server that MOVED or ASK named; null: none is expected.
  virtual Server* At(const Address& address) = 0;
  // MOVED: the slot is there.
  virtual void Learn(uint16_t slot, const Address& address) = 0;
  // Something is not as it was thought: to be looked at again, soon.
  virtual void Doubt() = 0;
  // OK: everything is connected and known.
  virtual absl::Status trouble() const = 0;
};

}  // namespace sluice::storage::redis
