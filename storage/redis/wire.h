// SPDX-License-Identifier: Apache-2.0
//
// One socket to Redis, plain or with TLS: finds the name, connects, and carries bytes. It knows
// neither RESP nor time; its user gives up by destroying it. Loop thread. Internal to the room.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "storage/redis/context.h"

namespace sluice::storage::redis {

class Wire {
 public:
  // Called from the loop, never from within a call. May destroy the wire.
  class User {
   public:
    virtual ~User() = default;
    virtual void OnOpen() = 0;                         // connected; with TLS: and verified
    virtual void OnBytes(std::string_view bytes) = 0;  // as long as the call
    virtual void OnWritten() = 0;                      // what was given to Write is on its way
    virtual void OnBroken(absl::Status why) = 0;       // UNAVAILABLE; nothing is called any more
  };

  // Begins to connect. `user` outlives the wire.
  Wire(Context& context, const Address& address, User& user);
  ~Wire();  // closes, without a word to the user
  Wire(const Wire&) = delete;
  Wire& operator=(const Wire&) = delete;

  // When open; one at a time.
  void Write(std::string bytes);

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace sluice::storage::redis
