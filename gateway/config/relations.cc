// SPDX-License-Identifier: Apache-2.0
#include "gateway/config/relations.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "gateway/config/sources.h"
#include "gateway/config/values.h"

namespace sluice::config {
namespace {

constexpr double kKiB = 1024;

constexpr Relation kRelations[] = {
    // Bytes.
    {"target-bytes", "header-bytes", "the target is part of what it counts"},
    {"send-bytes-max", "control-message-bytes", "no request could hold such a body", kKiB},
    {"send-bytes-max", "outbox-bytes", "no client could get such a body"},
    {"send-bytes-max", "control-response-bytes", "no subscriber could get such a publication",
     kKiB},
    {"send-bytes-max", "subscriber-bytes", "such a publication would be lost to everybody", kKiB},
    {"message-bytes", "unfinished-bytes", "no such message could be read"},
    {"list-bytes", "outbox-bytes", "no client could get such a list", kKiB},
    {"send-bytes-max", "home-queue-bytes", "such a publication would be lost to everybody", kKiB},
    {"message-bytes", "call-queue-bytes", "no caller could get such an answer"},
    {"call-queue-bytes", "client-calls-bytes", "that is what all Calls may hold together"},
    {"worker-result-bytes", "worker-message-bytes",
     "no message of a worker could hold such a result", kKiB},
    {"worker-result-bytes", "outbox-bytes", "no client could get such a result"},
    {"bytes-burst", "outbox-bytes", "who reads could not hold what another may say at once", 0,
     "bytes-per-second"},
    {"bytes-burst", "guard-queue-bytes", "a guard could not be asked for what one may say at once",
     0, "bytes-per-second"},
    {"message-bytes", "message-timeout", "no such message could arrive in time", 0,
     "bytes-per-second", "bytes-per-second"},
    {"cluster-message-bytes", "cluster-queue-bytes", "no such message could be sent", kKiB},
    {"cluster-message-bytes", "redis-queue-bytes", "no such message could be sent", kKiB},
    {"cluster-queue-bytes", "redis-queue-bytes", "what is more would be lost, not refused"},
    // Counts.
    {"commands-burst", "guard-queue", "what a client may say at once could not wait for its guard",
     0, "commands-per-second"},
    {"batch-max", "commands-burst", "such a batch would be refused every time", 0,
     "commands-per-second"},
    {"client-calls-per-connection", "client-calls-max", "that is what all connections may owe"},
    {"worker-batch-max", "worker-credit-max", "no worker may have so many at once"},
    // Times.
    {"call-timeout", "method-time-limit-max", "it is what holds for a method that states none"},
    {"client-call-timeout", "client-call-timeout-max",
     "it is what holds for a Call that states none"},
    {"worker-ejection-time", "worker-ejection-time-max", "that is the longest"},
    {"longhouse-ping-interval", "longhouse-lease", "members would be gone before they are pinged"},
};

constexpr std::string_view kUnrelated[] = {
    // What is cut, or waits, at its bound.
    "accepts-burst",
    "accepts-per-second",
    "alive-bytes-per-second",
    "frames-burst",
    "frames-per-second",
    "read-ahead-bytes",
    "backlog",
    "commands-per-second",
    "connections-max",
    "descriptors-reserve",
    "drain-per-second",
    "log-queue-bytes",
    "members-max",
    "pong-bytes",
    "refusals-max",
    "shards",
    "worker-batch-bytes",
    "worker-invocation-bytes",
    "worker-queue-bytes",
    // What is refused at its bound, one by one.
    "admin-connections-max",
    "admin-connections-per-address",
    "admin-header-bytes",
    "calls-per-connection",
    "cluster-asks-max",
    "channel-name-bytes",
    "channels-per-connection",
    "labels-bytes",
    "control-connections-max",
    "control-connections-per-address",
    "control-streams-max",
    "depth-max",
    "drains-bytes",
    "drains-max",
    "events-bytes",
    "events-kept",
    "header-count",
    "method-queue",
    "methods-max",
    "registration-bytes",
    "selector-ids-max",
    "socketcluster-batch-max",
    "subscriber-backlog",
    "subscribers-max",
    "thread-tasks-max",
    "watchers-max",
    "worker-ejection-timeouts",
    "worker-registrations-max",
    "workers-max",
    // Times of one thing each; those of SocketCluster are checked with it (validate.cc).
    "admin-timeout",
    "admission-timeout",
    "close-timeout",
    "cluster-timeout",
    "control-handshake-timeout",
    "control-idle-timeout",
    "control-keepalive-time",
    "control-keepalive-timeout",
    "control-ping-min",
    "control-stop-timeout",
    "guard-timeout",
    "handshake-timeout",
    "id-probe-timeout",
    "jwt-expiry",
    "line-handshake-timeout",
    "line-ping-interval",
    "line-response-timeout",
    "node-end-timeout",
    "ping-interval",
    "pong-timeout",
    "connection-lifetime",
    "connection-lifetime-jitter",
    "drain-grace",
    "drain-reconnect-window",
    "drain-timeout",
    "presence-lease",
    "reload-interval",
    "reload-timeout",
    "retry-after",
    "shutdown-delay",
    "socketcluster-handshake-timeout",
    "socketcluster-ping-interval",
    "socketcluster-ping-timeout",
    "stall-timeout",
    "worker-hello-timeout",
    // Of Redis; those that meet are checked with it (storage/redis/options.h).
    "redis-back-off-max",
    "redis-back-off-min",
    "redis-command-timeout",
    "redis-connect-timeout",
    "redis-ping-interval",
    "redis-reply-bytes",
    "redis-silence",
    "redis-topology-interval",
};

const Option& Get(std::string_view name, const std::vector<Option>& options) {
  return *FindOption(std::string(name), options);
}

std::string AtPace(const Relation& relation, const std::vector<Option>& options) {
  if (relation.pace.empty()) return "";
  return absl::StrCat(" at ", std::string(relation.pace), " (", Get(relation.pace, options).text(),
                      ")");
}

std::string Complaint(const Relation& relation, const std::vector<Option>& options) {
  const std::string lesser(relation.lesser);
  const std::string greater(relation.greater);
  return absl::StrCat(lesser, ": ", Get(lesser, options).text(), " does not fit into ", greater,
                      " (", Get(greater, options).text(), ")", AtPace(relation, options), ": ",
                      std::string(relation.why), "; lower the one or raise the other");
}

// Lowers the lesser to what fits; false: it may not be so low.
bool Lower(const Relation& relation, const std::vector<Option>& options) {
  if (relation.plus == 0 && relation.pace.empty()) {
    return Get(relation.lesser, options).set(Get(relation.greater, options).text());
  }
  const double room = Room(relation, options);
  return room > 0 && Get(relation.lesser, options).set(FormatSize(static_cast<uint64_t>(room)));
}

}  // namespace

absl::Span<const Relation> Relations() { return kRelations; }

absl::Span<const std::string_view> Unrelated() { return kUnrelated; }

double Room(const Relation& relation, const std::vector<Option>& options) {
  const double pace = relation.pace.empty() ? 1 : Get(relation.pace, options).number();
  return Get(relation.greater, options).number() * pace - relation.plus;
}

bool Holds(const Relation& relation, const std::vector<Option>& options) {
  if (!relation.unless.empty() && Get(relation.unless, options).number() == 0) return true;
  const double lesser = Get(relation.lesser, options).number();
  const double greater = Get(relation.greater, options).number();
  return lesser == 0 || greater == 0 || lesser <= Room(relation, options);
}

absl::Status Relate(const std::vector<Option>& options,
                    const std::function<bool(const std::string& name)>& given,
                    const std::function<void(const Relation&)>& lowered) {
  for (const Relation& relation : kRelations) {
    if (Holds(relation, options)) continue;
    if (given(std::string(relation.lesser)) || !Lower(relation, options)) {
      return absl::InvalidArgumentError(Complaint(relation, options));
    }
    lowered(relation);
  }
  return absl::OkStatus();
}

}  // namespace sluice::config
