// SPDX-License-Identifier: Apache-2.0
//
// Whether Redis does what it is asked. Connections may be well while it answers with errors: its
// disk fails, its memory is used up, a script runs on, a right was taken. After an error something
// harmless is asked for again and again, where the command went, until all of it is done: a script
// that writes, and a message that nobody hears. Loop thread. Internal to the room.
#pragma once

#include <cstddef>
#include <string>

#include "absl/status/status.h"
#include "storage/redis/commands.h"
#include "storage/redis/context.h"
#include "storage/redis/router.h"

namespace sluice::storage::redis {

class Refusals {
 public:
  // All of these outlive what is asked.
  Refusals(Context& context, const Router& router, Commands& commands)
      : context_(context), router_(router), commands_(commands) {}

  // Redis has answered this with an error.
  void Note(const Args& command, const absl::Status& why);
  // Every few ms.
  void Tick(Instant now);

  // OK: it does, by what is known.
  const absl::Status& trouble() const { return trouble_; }

 private:
  void Try();
  void OnTried(const absl::Status& status);

  Context& context_;
  const Router& router_;
  Commands& commands_;
  absl::Status trouble_;
  std::string name_;  // of what is tried: in the slot of what was refused
  size_t under_way_ = 0;
  bool failed_ = false;  // something, since it was tried last
  Instant again_;
};

}  // namespace sluice::storage::redis
