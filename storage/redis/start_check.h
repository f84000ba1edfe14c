// SPDX-License-Identifier: Apache-2.0
//
// Whether this Redis serves as a store, tried once at the start with the rights that we have: keys,
// scripts and channels under --redis-key-prefix, and whether it may throw away what we keep. In a
// cluster several slots are tried, so that most servers are.
//
// Who prints or refuses is up to the caller. On the client's thread.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "storage/redis/client.h"
#include "storage/redis/options.h"
#include "storage/time.h"

namespace sluice::storage::redis {

class StartCheck {
 public:
  // Lines for people, each with what would mend it.
  struct Result {
    std::vector<std::string> faults;    // stores will not work as long as it is so
    std::vector<std::string> warnings;  // they work, and may lose something
  };
  using Done = std::function<void(Result result)>;

  // `client` was started; this outlives its Stop. `done` is called once, within
  // --redis-connect-timeout and twice --redis-command-timeout.
  StartCheck(Client& client, const Options& options, Done done);

  // Every few ms, of the loop's clock.
  void Tick(Now now);

 private:
  enum class State { kNew, kConnecting, kTrying, kDone };

  void Try();
  void TryName(const std::string& name);
  void Answered(const absl::Status& status);
  void Judge(std::string_view info);
  void NotConnected();
  void Finish();
  std::string Lacks(std::string_view what) const;

  Client& client_;
  const Options options_;
  const Done done_;
  State state_ = State::kNew;
  Instant until_;       // the end of the state
  size_t left_ = 0;     // trials without an answer
  std::string denied_;  // the first thing that we may not do
  std::string failed_;  // and that did not work
  std::string policy_;  // of eviction, if there is one
};

}  // namespace sluice::storage::redis
