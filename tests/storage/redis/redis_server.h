// SPDX-License-Identifier: Apache-2.0
//
// A real redis-server for a test: on loopback, on a port that was free, with nothing on disk but a
// folder of its own, killed at the end (and with the test, if that is killed). And a plain client
// that blocks, to look at it from outside.
#pragma once

#include <hiredis/hiredis.h>
#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "storage/redis/url.h"

namespace sluice::storage::redis {

class RedisServer {
 public:
  // With these arguments besides (`--requirepass`, `secret`), or a sentinel with this
  // configuration. Returns once it answers; a test that cannot have one ends here.
  explicit RedisServer(std::vector<std::string> arguments = {}, std::string sentinel = "");
  ~RedisServer();
  RedisServer(const RedisServer&) = delete;
  RedisServer& operator=(const RedisServer&) = delete;

  int port() const { return port_; }
  // For the bus of a cluster, or for TLS: as its arguments enable one of them.
  int second_port() const { return second_port_; }
  Address address() const { return {"127.0.0.1", static_cast<uint16_t>(port_)}; }
  pid_t pid() const { return pid_; }
  const std::string& folder() const { return folder_; }

  // After SIGSTOP it stands still.
  void Signal(int signal) const;
  void Kill();   // -9, and waits for its end
  void Start();  // again, on the same port

  // Runs a command over a connection of its own. An error is "-TEXT", nil "", an array its elements
  // with spaces between them.
  std::string Do(const std::vector<std::string>& command) const;

 private:
  bool Launch();  // false: it did not come up on this port

  std::vector<std::string> Command() const;

  std::vector<std::string> arguments_;
  std::string sentinel_;
  std::string folder_;
  int port_ = 0;
  int second_port_ = 0;
  pid_t pid_ = 0;
};

// A port of loopback that nobody uses at the moment.
int FreePort();

// Between two looks of Eventually.
void Breathe();

// Calls `check` until it is true; false: it did not become true within `patience`.
template <typename Check>
bool Eventually(Check check, absl::Duration patience = absl::Seconds(15)) {
  for (absl::Duration waited; waited < patience; waited += absl::Milliseconds(5)) {
    if (check()) return true;
    Breathe();
  }
  return check();
}

}  // namespace sluice::storage::redis
