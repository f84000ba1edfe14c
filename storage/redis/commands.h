// SPDX-License-Identifier: Apache-2.0
//
// Commands on their way: to the owner of their slot, after it if it has moved, again if it is not
// to be had yet, until they are answered or their time is up. Loop thread. Internal to the room.
#pragma once

#include <cstdint>
#include <list>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "storage/redis/connection.h"
#include "storage/redis/context.h"
#include "storage/redis/router.h"
#include "storage/redis/script.h"

namespace sluice::storage::redis {

class Commands {
 public:
  using Done = Connection::Done;
  using Refused = std::function<void(const Args& command, const absl::Status& why)>;

  // `refused` is called for each command that is answered with an error.
  Commands(Context& context, Router& router, Refused refused)
      : context_(context), router_(router), refused_(std::move(refused)) {}

  // `done`: see Client::Execute. `script`: what to send if the server does not know its hash, which
  // is args[1].
  void Run(uint16_t slot, Args args, const Script* script, Done done);
  void Tick(Instant now);
  void Stop();

 private:
  struct Command {
    uint16_t slot;
    Args args;
    const Script* script;  // null: none, or sent as text already
    Done done;
    Instant deadline;
    int moves = 0;
    std::optional<Address> ask;  // the next try goes there, once
    Instant again;               // when it waits: until then
    absl::Status trouble;        // and why
  };
  using CommandPtr = std::unique_ptr<Command>;

  void Try(CommandPtr command);
  void Send(CommandPtr command, Server& server, Connection& connection);
  void OnReply(CommandPtr command, Server& server, absl::StatusOr<Reply> reply);
  void OnError(CommandPtr command, Server& server, const Reply& error);
  void Refuse(CommandPtr command, const Reply& error);
  void Redirect(CommandPtr command, const Server& server, const Reply& error);
  void Later(CommandPtr command, absl::Status trouble);
  void Finish(CommandPtr command, absl::StatusOr<Reply> reply);

  Context& context_;
  Router& router_;
  const Refused refused_;
  std::list<CommandPtr> waiting_;
  size_t waiting_bytes_ = 0;
  bool running_ = false;  // within Run: callers are told later
};

}  // namespace sluice::storage::redis
