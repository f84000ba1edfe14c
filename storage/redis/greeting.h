// SPDX-License-Identifier: Apache-2.0
//
// What is said first on each connection, and what the answers must be: who we are, which database,
// whether the server serves yet, what it is. Decides only; link.h sends. Internal to the room.
#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "storage/redis/options.h"
#include "storage/redis/protocol.h"
#include "storage/redis/reply.h"

namespace sluice::storage::redis {

// Which servers are taken. Anything else is closed and tried anew.
enum class Role {
  kMaster,
  kMember,  // of a cluster: replicas, too; they send us to their master
  kSentinel,
};

struct ServerFacts {
  std::string run_id;   // another one each time that the server is started
  std::string history;  // another one when it has become a master
  std::string version;  // "7.0.15"
};

// OK: go on, or done after the last. `facts` are filled.
using GreetingCheck = absl::Status (*)(const Reply& reply, Role role, ServerFacts& facts);

struct GreetingStep {
  Args command;
  GreetingCheck check;
};

// To be sent in one go.
std::vector<GreetingStep> MakeGreeting(const Options& options, Role role);

}  // namespace sluice::storage::redis
