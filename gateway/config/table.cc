// SPDX-License-Identifier: Apache-2.0
#include "gateway/config/table.h"

#include <iterator>
#include <string>
#include <utility>

#include "gateway/config/table_cluster.h"

namespace sluice::config {
namespace {

constexpr uint64_t kKiB = 1 << 10;
constexpr uint64_t kMiB = 1 << 20;
constexpr uint64_t kGiB = 1 << 30;
constexpr Range kAnyNumber{0, 1'000'000'000};
constexpr Range kSome{1, 1'000'000'000};
constexpr Range kPath{0, 4096};
constexpr DurationRange kTimeout{absl::Milliseconds(10), absl::Hours(1)};

std::vector<Option> Node(Settings& s) {
  using spdlog::level::level_enum;
  return {
      Text("config", {&s.config_file}, kPath, "YAML file with any of these options"),
      Text("node", {&s.shard.node}, {1, 255}, "this node's name, unique in its cluster"),
      StorageOption(s),
      Count<uint32_t>(
          "shards", {&s.shards}, {0, 255},
          "threads that hold connections; 0: as many as may run at once, by affinity and "
          "the quota of the control group"),
      Text("address-file", {&s.address_file}, kPath,
           "file for the bound addresses, one JSON object, written once all listen"),
      Time("reload-interval", {&s.reload_interval}, {absl::ZeroDuration(), absl::Hours(24)},
           "how often files of certificates, tokens and keys are compared with what was read; what "
           "is another is read again, as on SIGHUP; 0: on SIGHUP alone"),
      Text("reload-status-file", {&s.reload_status_file}, kPath,
           "file for what became of the last reload, where --reload finds it; best in a folder in "
           "memory, such as /run/sluice"),
      Time("reload-timeout", {&s.reload_timeout}, kTimeout,
           "how long --reload waits to hear what became of it"),
      Choice<runtime::LogFormat>(
          "log-format", {&s.log.format},
          {{"json", runtime::LogFormat::kJson}, {"text", runtime::LogFormat::kText}},
          "how log lines on stderr look"),
      Choice<level_enum>("log-level", {&s.log.level},
                         {{"debug", level_enum::debug},
                          {"info", level_enum::info},
                          {"warn", level_enum::warn},
                          {"error", level_enum::err},
                          {"off", level_enum::off}},
                         "the least important lines that are logged; debug: each connection"),
      Size<size_t>("log-queue-bytes", {&s.log.queue_bytes}, {4 * kKiB, kGiB},
                   "log lines that wait for whoever reads stderr; more are dropped and counted"),
  };
}

std::vector<Option> Stopping(Settings& s) {
  return {
      Time("shutdown-delay", {&s.departure.delay}, {},
           "after SIGTERM, how long /readyz and gRPC health say no before anything else changes"),
      Time("drain-timeout", {&s.departure.drain_timeout}, {},
           "after SIGTERM, how long closing all connections may take"),
      Count<uint32_t>(
          "drain-per-second", {&s.departure.drain_per_second}, {0, 100000},
          "after SIGTERM, connections closed a second; 0: at least 50, and so many that "
          "half of drain-timeout is enough"),
      Time("drain-grace",
           {&s.departure.drain_grace, &s.limits.drain_grace, &s.shard.policy.lifetime.grace},
           {absl::ZeroDuration(), absl::Hours(1)},
           "what is under way on a connection may still take once its turn in a drain has come"),
      Time("drain-reconnect-window", {&s.departure.reconnect_window},
           {absl::ZeroDuration(), absl::Hours(1)},
           "after SIGTERM, each client is advised of a random moment within so long to come back; "
           "0: of none"),
  };
}

std::vector<Option> PublicPort(Settings& s) {
  edge::EdgeOptions& o = s.edge;
  return {
      Address("listen", {&o.listen}, "where clients connect"),
      Count<int>("backlog", {&o.backlog}, {1, 65535}, "connections the kernel queues a shard"),
      Text("tls-cert", {&o.tls_cert}, kPath, "PEM chain; with tls-key, the port speaks TLS"),
      Text("tls-key", {&o.tls_key}, kPath, "PEM key of tls-cert; both are read again on SIGHUP"),
      Count<size_t>("connections-max", {&o.connections_max}, kAnyNumber,
                    "open connections; 0: no limit"),
      Real("accepts-per-second", {&o.accepts_per_second}, 1e6, "new connections; 0: no limit"),
      Count<size_t>("accepts-burst", {&o.accepts_burst}, kSome, "new connections at once"),
      Count<size_t>(
          "descriptors-reserve", {&o.descriptors_reserve}, {16, 100'000},
          "open files that clients leave to the other ports; a quarter of the limit at most"),
      Count<size_t>("refusals-max", {&o.refusals_max}, kAnyNumber,
                    "connections a shard that are being told 503; what is beyond is cut"),
      Time("retry-after", {&o.retry_after}, {absl::Seconds(1), absl::Hours(1)},
           "what a 503 advises"),
      Time("handshake-timeout", {&o.handshake_timeout}, kTimeout, "from the first byte to the 101"),
      Size<size_t>("header-bytes", {&o.header_bytes}, {512, kMiB}, "request line and headers"),
      Count<size_t>("header-count", {&o.header_count}, {5, 1000}, "headers of a request"),
      Size<size_t>("target-bytes", {&o.target_bytes}, {1, kMiB}, "path and query of a request"),
      List(
          "origins", {&o.origins},
          "web pages that may connect: scheme://host[:port], * or null (opaque origins: any page's "
          "sandboxed frames); none: the same host only"),
      Switch("allow-no-origin", {&o.allow_no_origin}, "let clients in that are no browsers"),
      List("context-headers", {&o.context_headers},
           "request headers that workers may ask for, lower case"),
      List("trust-forwarded-for", {&o.trust_forwarded_for},
           "networks of the proxies that are believed when they say whom they forward for, for "
           "example 10.0.0.0/8,2001:db8::/32"),
      Choice<edge::ForwardedHeader>("forwarded-header", {&o.forwarded_header},
                                    {{"x-forwarded-for", edge::ForwardedHeader::kXForwardedFor},
                                     {"forwarded", edge::ForwardedHeader::kForwarded}},
                                    "the header in which those proxies say it"),
      List("proxy-protocol", {&o.proxy_protocol},
           "networks whose connections begin with a header of the PROXY protocol, version 1 or 2"),
  };
}

std::vector<Option> Connections(Settings& s) {
  hub::ShardOptions& o = s.shard;
  return {
      Size<size_t>("message-bytes", {&s.edge.message_bytes}, {1, 256 * kMiB},
                   "one message of a client; more closes with 1009"),
      Size<size_t>("outbox-bytes", {&o.policy.delivery.outbox_bytes}, {kKiB, kGiB},
                   "what may wait to be written to a client; more closes it"),
      Size<uint64_t>("bytes-per-second", {&s.edge.pace.bytes_per_second}, {0, kGiB},
                     "bytes of one connection; whoever sends more is read later; 0: no limit"),
      Size<size_t>("bytes-burst", {&s.edge.pace.bytes_burst}, {kKiB, kGiB},
                   "bytes of one connection at once"),
      Real("frames-per-second", {&s.edge.pace.frames_per_second}, 1e6,
           "pings, pongs and continuations of one connection; whoever sends more is read later; "
           "0: no limit"),
      Count<size_t>("frames-burst", {&s.edge.pace.frames_burst}, kSome, "of these at once"),
      Time("message-timeout", {&s.edge.message_timeout}, kTimeout,
           "what a message may take from its first bytes to its last; more closes with 1008"),
      Size<size_t>("unfinished-bytes", {&s.edge.unfinished_bytes}, {64 * kKiB, 64 * kGiB},
                   "messages that a shard is reading, together; what is beyond closes with 1013"),
      Size<size_t>("read-ahead-bytes", {&s.edge.read_ahead_bytes}, {kKiB, kGiB},
                   "messages of a client that are read while a guard or admission decides"),
      Size<size_t>("pong-bytes", {&s.edge.pong_bytes}, {kKiB, kGiB},
                   "answers to pings that may wait for a client that does not read"),
      Time("ping-interval", {&s.dialects.ping_interval}, {},
           "JSON-RPC, raw: silence after which a client is pinged; 0: never"),
      Time("pong-timeout", {&s.dialects.pong_timeout}, kTimeout,
           "JSON-RPC, raw: silence after a ping that closes"),
      Size<uint64_t>("alive-bytes-per-second",
                     {&o.policy.delivery.alive_bytes_per_second, &s.edge.alive_bytes_per_second},
                     {1, kGiB},
                     "whoever takes as much of what waits for it lives, and may finish, even if it "
                     "says nothing"),
      Time("close-timeout", {&s.edge.close_timeout}, kTimeout, "what a client has to say goodbye"),
      Time("connection-lifetime", {&o.policy.lifetime.max},
           {absl::ZeroDuration(), absl::Hours(720)},
           "how long a connection may last; then it is told to come back, and may find another "
           "node; 0: for ever"),
      Count<uint32_t>("connection-lifetime-jitter", {&o.policy.lifetime.jitter_percent}, {0, 100},
                      "percent of that which a connection may be given less, at random"),
  };
}

std::vector<Option> Sessions(Settings& s) {
  hub::ShardOptions& o = s.shard;
  using storage::ClaimPolicy;
  return {
      Count<size_t>("channels-per-connection", {&o.policy.channels.per_connection}, kAnyNumber,
                    "channels that one connection may be in"),
      Size<size_t>("labels-bytes", {&o.policy.labels_bytes}, {0, kMiB},
                   "names and values of one connection's labels; more are refused"),
      Size<size_t>("channel-name-bytes", {&o.policy.decode.name_max, &s.limits.channel_name_bytes},
                   {1, 255}, "a method's or channel's name"),
      Real("commands-per-second", {&o.policy.rates.commands_per_second}, 1e6,
           "commands of one connection; 0: no limit"),
      Count<size_t>("commands-burst", {&o.policy.rates.commands_burst}, kSome, "commands at once"),
      Count<size_t>("calls-per-connection", {&o.policy.calls.per_connection}, kSome,
                    "calls of one connection that are in flight"),
      Count<size_t>("batch-max", {&o.policy.decode.batch_max}, {1, 10000},
                    "commands in one message"),
      Count<size_t>("depth-max", {&o.policy.decode.depth_max, &s.limits.depth_max}, {1, 1000},
                    "nesting of arrays and objects in JSON and MessagePack"),
      Choice<ClaimPolicy>("id-policy", {&o.policy.arrival.id_policy},
                          {{"reject", ClaimPolicy::kReject},
                           {"same-user", ClaimPolicy::kSameUser},
                           {"takeover", ClaimPolicy::kTakeover}},
                          "who keeps an id that is used twice: the older, the newer if it is the "
                          "same user, or the newer"),
      Time("id-probe-timeout", {&o.policy.arrival.id_probe_timeout}, {},
           "an id in use: what the older connection has to answer a ping before it is given up; 0: "
           "it is not asked"),
      Choice<hub::OnDeauthenticated>("on-deauthenticated", {&o.policy.channels.on_deauthenticated},
                                     {{"leave", hub::OnDeauthenticated::kLeave},
                                      {"recheck", hub::OnDeauthenticated::kRecheck},
                                      {"keep", hub::OnDeauthenticated::kKeep}},
                                     "channels of a client whose authentication ended: leave what "
                                     "needed it, ask the subscribe guard again, or keep"),
  };
}

std::vector<Option> Dialects(Settings& s) {
  protocol::DialectOptions& o = s.dialects;
  return {
      List("routes", {&s.routes},
           "further routes, PREFIX=DIALECT or PREFIX=DIALECT:NAMESPACE, for example "
           "/live/=socketcluster; subprotocols that it accepts stand behind semicolons"),
      Time("socketcluster-ping-interval", {&o.socketcluster.ping_interval}, {},
           "between pings; 0: none"),
      Time("socketcluster-ping-timeout", {&o.socketcluster.ping_timeout}, {},
           "silence that closes, on both sides; 0: none"),
      Time("socketcluster-handshake-timeout", {&o.socketcluster.handshake_timeout}, kTimeout,
           "from the upgrade to #handshake"),
      Count<size_t>("socketcluster-batch-max", {&o.socketcluster.batch_max}, {1, 100000},
                    "packets in one message; what is behind them is refused"),
      Switch("socketcluster-client-publish", {&o.socketcluster.client_publish},
             "let clients publish into channels"),
      Switch("socketcluster-strict-handshake", {&o.socketcluster.strict_handshake},
             "close whoever says something before #handshake"),
      Time("line-handshake-timeout", {&o.line.handshake_timeout}, kTimeout,
           "from the upgrade to _h"),
      Time("line-ping-interval", {&o.line.ping_interval}, {},
           "silence after which a client is pinged; 0: never"),
      Time("line-response-timeout", {&o.line.response_timeout}, {},
           "silence after a ping that closes; 0: none"),
      Time("longhouse-ping-interval", {&o.presence.ping_interval}, {}, "between pings; 0: none"),
      Time("longhouse-lease", {&o.presence.lease}, {},
           "how long a member is present without renewing; 0: for ever"),
      Count<size_t>("members-max", {&s.shard.policy.lists.members_max}, kSome,
                    "connections that a new member's list is made of; a longer one is cut"),
      Size<size_t>("list-bytes", {&s.shard.policy.lists.bytes}, {kKiB, kGiB},
                   "a list that a client gets, of members or methods; a longer one is cut"),
      Text("jwt-keys", {&s.jwt.keys_file}, kPath,
           "YAML file with the keys of signed tokens; read again on SIGHUP"),
      Time("jwt-expiry", {&s.jwt.expiry}, {absl::Seconds(1), absl::Hours(24 * 365)},
           "how long a token is good that states nothing itself"),
      Text("jwt-user-claim", {&s.jwt.user_claim}, {1, 255}, "the claim that names the user"),
  };
}

std::vector<Option> Guards(Settings& s) {
  hub::ShardOptions& o = s.shard;
  return {
      Time("guard-timeout", {&o.policy.guards.timeout}, kTimeout, "what one decision may take"),
      Choice<bool>("guard-default", {&o.policy.guards.open}, {{"closed", false}, {"open", true}},
                   "what holds for a guarded action when no guard answers"),
      Count<size_t>("guard-queue", {&o.policy.delivery.guard_queue}, kAnyNumber,
                    "publications that wait for the guard of one client; more closes it; 0: as "
                    "many as guard-queue-bytes holds"),
      Size<size_t>("guard-queue-bytes", {&o.policy.delivery.guard_queue_bytes}, {kKiB, kGiB},
                   "bytes of these; more closes it"),
  };
}

std::vector<Option> Calls(Settings& s) {
  hub::ShardOptions& o = s.shard;
  control::Limits& l = s.limits;
  return {
      Time("call-timeout", {&o.policy.calls.timeout}, kTimeout,
           "a method's time limit if it states none"),
      Time("method-time-limit-max", {&l.method_time_limit_max}, {absl::Seconds(1), absl::Hours(24)},
           "the longest time limit that a worker may state"),
      Count<size_t>("method-queue", {&o.policy.calls.method_queue}, kAnyNumber,
                    "calls a method and shard that wait for a worker with credit"),
      Count<size_t>("methods-max", {&o.methods_max}, kSome,
                    "names of methods, events, roles and guards kept"),
      Choice<bool>("registration-conflict", {&o.refuse_conflicts},
                   {{"protect", false}, {"refuse", true}},
                   "when workers disagree on whether a name is protected: it is, or the later one "
                   "is refused"),
      Time("admission-timeout", {&o.policy.arrival.admission_timeout}, kTimeout,
           "what admission may take"),
      List("admission-required", {&o.admission_required},
           "namespaces (or *) that nobody enters without an admission worker"),
      Count<size_t>("workers-max", {&l.workers_max}, kSome, "open streams of workers"),
      Count<uint32_t>("worker-credit-max", {&l.worker_credit_max}, {1, 1000000},
                      "invocations that one worker may have at once"),
      Count<size_t>("worker-batch-max", {&l.worker_batch_max}, {1, 10000},
                    "invocations in one message to a worker"),
      Size<size_t>("worker-batch-bytes", {&l.worker_batch_bytes}, {kKiB, 64 * kMiB},
                   "bytes of invocations in one message to a worker"),
      Size<size_t>("worker-invocation-bytes", {&l.worker_invocation_bytes}, {kKiB, kGiB},
                   "one invocation, context included; for more the call fails"),
      Size<size_t>("worker-result-bytes", {&l.worker_result_bytes}, {kKiB, kGiB},
                   "one result of a worker; for more the call fails"),
      Size<size_t>("worker-message-bytes", {&l.worker_message_bytes}, {kKiB, kGiB},
                   "one message of a worker, all its results together; more ends its stream"),
      Size<size_t>("worker-queue-bytes", {&l.worker_queue_bytes}, {kKiB, kGiB},
                   "what may wait unread for a worker; then it is given no more"),
      Count<size_t>(
          "worker-registrations-max", {&l.worker_registrations_max}, kSome,
          "names in one message of a worker, and registers; with more of these its stream ends"),
      Size<size_t>("registration-bytes", {&l.registration_bytes}, {kKiB, kGiB},
                   "what workers' registrations take, all together"),
      Time("worker-hello-timeout", {&l.hello_timeout}, kTimeout, "what a worker has to say hello"),
      Count<uint32_t>("worker-ejection-timeouts", {&l.ejection.timeouts}, {0, 1000000},
                      "calls in a row that time out after which a worker gets none for a while; 0: "
                      "never"),
      Time("worker-ejection-time", {&l.ejection.first}, kTimeout,
           "that while; doubled each time until a call that is a probe is answered"),
      Time("worker-ejection-time-max", {&l.ejection.longest}, kTimeout, "the longest such while"),
  };
}

std::vector<Option> ControlPort(Settings& s) {
  control::ControlOptions& o = s.control;
  control::Limits& l = s.limits;
  return {
      Address("control", {&o.listen}, "where backends call, gRPC"),
      Text("control-token-file", {&o.token_file}, kPath,
           "bearer tokens that callers need, one a line; read again on SIGHUP"),
      Text("control-tls-cert", {&o.tls_cert}, kPath,
           "PEM chain; with its key, the port speaks TLS"),
      Text("control-tls-key", {&o.tls_key}, kPath, "PEM key of control-tls-cert"),
      Text("control-client-ca", {&o.client_ca}, kPath, "PEM; callers need a certificate of it"),
      Switch("control-insecure", {&o.insecure},
             "let everybody call who reaches the port, even off loopback"),
      Size<size_t>("control-message-bytes", {&l.request_bytes}, {kKiB, kGiB},
                   "one request to the control plane"),
      Size<size_t>("control-response-bytes", {&l.response_bytes}, {64 * kKiB, kGiB},
                   "a batch or an answer in a stream, a page of a list: where it ends"),
      Count<size_t>("control-connections-max", {&o.guests.connections_max}, {1, 65535},
                    "open connections; for a newer one the oldest that has said nothing is cut"),
      Count<size_t>("control-connections-per-address", {&o.guests.per_address}, {1, 65535},
                    "the same, of one address"),
      Time("control-handshake-timeout", {&o.guests.handshake_timeout}, kTimeout,
           "what a connection has to say something, and again for TLS and HTTP/2's beginning"),
      Time("control-idle-timeout", {&o.idle_timeout}, {absl::ZeroDuration(), absl::Hours(24)},
           "a connection without an rpc for so long is told to go; 0: never"),
      Count<uint32_t>("control-streams-max", {&o.streams_max}, kSome,
                      "rpcs at once on one connection"),
      Time("control-keepalive-time", {&o.keepalive_time}, {absl::Seconds(1), absl::Hours(24)},
           "silence after which a caller is pinged"),
      Time("control-keepalive-timeout", {&o.keepalive_timeout}, kTimeout,
           "silence after that ping that cuts a caller off"),
      Time("control-ping-min", {&o.ping_min}, {}, "callers that ping more often are cut off"),
      Time("control-stop-timeout", {&o.stop_timeout}, {},
           "at the end, what rpcs under way may still take"),
  };
}

// What backends may ask for, and what is kept for them.
std::vector<Option> ControlRpcs(Settings& s) {
  control::Limits& l = s.limits;
  return {
      Count<size_t>("selector-ids-max", {&l.selector_ids_max}, kSome,
                    "entries in each list of a selector"),
      Size<size_t>("send-bytes-max", {&l.send_bytes_max}, {1, 64 * kMiB}, "the body of a message"),
      Time("client-call-timeout", {&l.client_call_timeout}, kTimeout,
           "what a client has to answer a Call that states no timeout"),
      Time("client-call-timeout-max", {&l.client_call_timeout_max},
           {absl::Milliseconds(10), absl::Hours(24)}, "the longest timeout of a Call"),
      Count<size_t>("client-calls-max", {&s.shard.client_calls_max, &l.client_calls_max}, kSome,
                    "answers of clients that are awaited"),
      Count<size_t>("client-calls-per-connection", {&s.shard.policy.requests_per_connection}, kSome,
                    "answers that one client may owe; it is asked no more then"),
      Size<size_t>("client-calls-bytes", {&l.client_calls_bytes}, {kMiB, 64 * kGiB},
                   "what all Calls under way hold, about 17 KiB each and the answers that wait"),
      Size<size_t>("call-queue-bytes", {&l.call_queue_bytes}, {kKiB, kGiB},
                   "answers that wait for the caller of one Call"),
      Time("cluster-timeout", {&l.cluster_timeout}, kTimeout, "what other nodes have to answer"),
      Time("node-end-timeout", {&l.node_end_timeout}, kTimeout,
           "after a node is gone, what the others have to tell watchers of the connections that it "
           "left behind; then its end is told all the same"),
      Count<size_t>("drains-max", {&l.drains_max}, kSome, "drains that are known, ended or not"),
      Size<size_t>("drains-bytes", {&l.drains_bytes}, {kMiB, kGiB},
                   "what the requests of the drains that are known hold"),
      Count<size_t>("events-kept", {&s.events.kept}, kSome, "events kept for WatchEvents"),
      Size<size_t>("events-bytes", {&s.events.kept_bytes}, {kKiB, kGiB},
                   "bytes of the events kept for WatchEvents"),
      Count<size_t>("watchers-max", {&s.events.watchers_max}, kSome, "open WatchEvents streams"),
      Count<size_t>("subscribers-max", {&s.subscribers.subscribers_max}, kSome,
                    "open Subscribe streams"),
      Count<size_t>("subscriber-backlog", {&s.subscribers.backlog_max}, kSome,
                    "publications that wait for one Subscribe stream; more are lost"),
      Size<size_t>("subscriber-bytes", {&s.subscribers.backlog_bytes}, {kKiB, kGiB},
                   "bytes of the publications that wait for one Subscribe stream"),
      Size<size_t>("home-queue-bytes", {&s.events.queue_bytes, &s.subscribers.queue_bytes},
                   {64 * kKiB, 64 * kGiB},
                   "events, and as much of publications, on their way from clients' threads to "
                   "those streams; more are lost, and told as lost"),
  };
}

std::vector<Option> AdminPort(Settings& s) {
  admin::Options& o = s.admin;
  return {
      Address("admin", {&o.listen}, "/metrics, /healthz and /readyz"),
      Count<size_t>("admin-connections-max", {&o.connections_max}, {1, 65535},
                    "open connections; for a newer one the oldest is cut"),
      Count<size_t>("admin-connections-per-address", {&o.connections_per_address}, {1, 65535},
                    "the same, of one address"),
      Size<size_t>("admin-header-bytes", {&o.header_bytes}, {512, kMiB}, "headers of a request"),
      Time("admin-timeout", {&o.timeout}, kTimeout,
           "what a request, its page and sending the answer may take, each"),
      Time("stall-timeout", {&s.heartbeats.stall_timeout},
           {absl::Milliseconds(200), absl::Hours(1)},
           "a thread that has not turned for so long makes /healthz and /readyz say 503"),
      Count<size_t>(
          "thread-tasks-max", {&s.heartbeats.tasks_max}, {100, 1'000'000'000},
          "tasks that wait for one thread: from then on new clients and rpcs are refused; those "
          "who are here may still add what their own bounds allow"),
  };
}

void Append(std::vector<Option>& table, const std::string& group, std::vector<Option> options) {
  for (Option& option : options) option.group = group;
  table.insert(table.end(), std::move_iterator(options.begin()), std::move_iterator(options.end()));
}

}  // namespace

std::vector<Option> BindOptions(Settings& settings) {
  std::vector<Option> table;
  Append(table, "Node", Node(settings));
  Append(table, "Stopping", Stopping(settings));
  Append(table, "Public port", PublicPort(settings));
  Append(table, "Connections", Connections(settings));
  Append(table, "Connections", Sessions(settings));
  Append(table, "Dialects", Dialects(settings));
  Append(table, "Methods and workers", Calls(settings));
  Append(table, "Guards", Guards(settings));
  Append(table, "Control plane", ControlPort(settings));
  Append(table, "Control plane", ControlRpcs(settings));
  Append(table, "Admin port", AdminPort(settings));
  Append(table, "Cluster", ClusterTable(settings));
  return table;
}

}  // namespace sluice::config
