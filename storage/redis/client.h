// SPDX-License-Identifier: Apache-2.0
//
// What a store has of Redis: commands and scripts on keys, messages on channels, over one server, a
// master that sentinels know, or a cluster. It keeps the connections, follows the masters, and says
// honestly what it does not know.
//
// Threads: everything but health() and metrics() is for the thread of the loop that it was made
// with (thread.h has one); all callbacks come there, never from within a call. Whatever outlives
// the client's Stop is not called any more.
//
// Keys and channels are named without --redis-key-prefix, which is put in front here. In a cluster
// a {hash tag} in a name chooses its slot.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "metrics/probe.h"
#include "storage/health.h"
#include "storage/redis/options.h"
#include "storage/redis/reply.h"
#include "storage/redis/script.h"
#include "storage/redis/subscriptions.h"
#include "storage/time.h"

namespace sluice::runtime {
class Loop;
}

namespace sluice::storage::redis {

class Client {
 public:
  // A reply is never an error: those are statuses, with the words of Redis (StatusOf).
  //   RESOURCE_EXHAUSTED  not carried out: --redis-queue-bytes are waiting, or Redis says OOM
  //   DEADLINE_EXCEEDED   not answered within --redis-command-timeout; may have been carried out,
  //   or
  //                       may be yet
  //   UNAVAILABLE         not connected, or cut off before the answer, so that it may have been
  //                       carried out; or Redis cannot at the moment
  //   PERMISSION_DENIED   by Redis' ACL
  //   INTERNAL            any other error of Redis
  using Done = absl::AnyInvocable<void(absl::StatusOr<Reply> reply)>;
  using Published = absl::AnyInvocable<void(absl::Status status)>;

  // INVALID_ARGUMENT: an option is wrong, or a file of TLS. `loop` outlives the client.
  static absl::StatusOr<std::unique_ptr<Client>> Make(runtime::Loop& loop, Options options);
  ~Client();

  // Connects, and keeps at it. `on_new_master` is called each time that the client is connected to
  // a master that may not have what was written before: the first, one that was promoted, one that
  // was started again, and in a cluster whenever slots have another owner.
  void Start(std::function<void()> on_new_master);
  // What is pending fails with UNAVAILABLE. For good.
  void Stop(Now now);
  // Every few ms, of the loop's clock.
  void Tick(Now now);

  // VERB key args...
  void Execute(std::string_view verb, std::string_view key, std::vector<std::string> args,
               Done done);
  // The script with one KEYS and these ARGV. `script` outlives the client.
  void Run(const Script& script, std::string_view key, std::vector<std::string> args, Done done);

  // OK: the owner of the channel has taken it. Nobody may have been listening.
  void Publish(std::string_view channel, std::string payload, Published done);

  // Listens on a channel until Unsubscribe; a second listener takes the first one's place.
  //   on_confirmed  from now on every message is heard; again after each gap
  //   on_gap        the subscription was cut: what is said until on_confirmed may be missing, and
  //                 something before may be, too
  //   on_refused    Redis will not have it (PERMISSION_DENIED: its ACL); it is tried again
  void Subscribe(std::string_view channel, Listener listener);
  // Nothing is heard any more once it returns.
  void Unsubscribe(std::string_view channel);

  // Any thread. Degraded: a server that is needed is not connected, or refuses what it is asked, or
  // channels are not confirmed.
  Health health() const;
  // Any thread.
  const metrics::Source& metrics() const;

 private:
  struct Impl;
  explicit Client(std::unique_ptr<Impl> impl);

  std::unique_ptr<Impl> impl_;
};

}  // namespace sluice::storage::redis
