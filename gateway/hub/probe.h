// SPDX-License-Identifier: Apache-2.0
//
// What a shard counts. Written by its thread alone, read at scrape.
#pragma once

#include <array>

#include "gateway/hub/close.h"
#include "gateway/hub/dialect.h"
#include "gateway/hub/fault.h"
#include "gateway/hub/selector.h"
#include "metrics/probe.h"

namespace sluice::hub {

// Connections that come, live and leave.
struct SessionProbe {
  std::array<metrics::Gauge, kDialectsMax> connections;  // open, by dialect
  std::array<metrics::Counter, kDialectsMax> opened;     // by dialect
  std::array<metrics::Counter, kCloseCauseCount> closed_by_gateway;
  metrics::Counter closed_by_peer;
  metrics::Counter takeovers;
  metrics::Counter id_probes;  // holders of ids that were asked whether they live
  metrics::Counter ghosts;     // of these, closed
  metrics::Counter presence_failures;
  metrics::Counter subprotocols_ignored;  // a worker chose one that was not offered, or too late
  metrics::Gauge leaving;  // whose turn in a drain has come, and who finish what is under way
  // A drain closed them with something still under way (--drain-grace).
  metrics::Counter graces_expired;
};

// What clients say, and what they hear.
struct MessageProbe {
  std::array<metrics::Counter, kDialectsMax> messages_in;   // whole messages, by dialect
  std::array<metrics::Counter, kDialectsMax> messages_out;  // frames put into outboxes, by dialect
  std::array<metrics::Counter, kFaultCount> faults;         // errors answered, by fault
  std::array<metrics::Counter, kDropReasonCount> drops;     // deliveries that a bound prevented
  metrics::Histogram outbox_depth_bytes{metrics::kSizeBytes};  // at each delivery of Send
  metrics::Counter waits;  // commands that waited for their share of --commands-per-second
  metrics::Counter channel_limit_hits;
  metrics::Counter member_lists_cut;  // at --members-max or --list-bytes
  metrics::Counter method_lists_cut;  // at --list-bytes
  metrics::Counter client_calls;      // Control.Call, asked
  metrics::Counter client_call_timeouts;
  metrics::Counter client_calls_limited;  // not asked, since too many answers are awaited
};

// Calls, and the workers that get them.
struct CallProbe {
  metrics::Counter calls;              // invocations begun, all roles
  metrics::Counter calls_queued;       // waited for credit
  metrics::Counter results_dropped;    // answers that nobody waited for
  metrics::Counter calls_given_again;  // never sent to the worker that had them
  metrics::Counter queues_visited;     // of methods, to see whether a call can start
  metrics::Counter worker_ejections;
  metrics::Counter worker_readmissions;
  metrics::Gauge calls_in_flight;
  metrics::Gauge calls_waiting;
  metrics::Counter access_conflicts;  // names on whose access two workers disagree, as registered
  metrics::Histogram call_seconds{metrics::kDelaySeconds};  // command to answer
};

// Who sessions are, and what they may do.
struct RightsProbe {
  metrics::Counter logins_refused;
  metrics::Counter tokens_unsupported;  // came with an answer for a dialect that has none
  metrics::Counter rights_ended;        // memberships that ended because their right did
  metrics::Counter labels_refused;      // at --labels-bytes
  metrics::Counter guards_blocked;      // what guards did not allow
  metrics::Counter guards_undecided;    // no guard answered in time
  metrics::Histogram admission_seconds{metrics::kDelaySeconds};  // upgrade to open
};

struct ShardProbe : SessionProbe, MessageProbe, CallProbe, RightsProbe {};

// Shows the probes of all shards; `dialect_names` by DialectId, empty where there is none.
class ShardProbes : public metrics::Source {
 public:
  using Names = std::array<std::string_view, kDialectsMax>;
  ShardProbes(std::vector<const ShardProbe*> probes, const metrics::SharedCounter& encodings,
              const Names& dialect_names)
      : probes_(std::move(probes)), encodings_(encodings), names_(dialect_names) {}
  void Visit(metrics::Visitor& visitor) const override;

 private:
  std::vector<const ShardProbe*> probes_;
  const metrics::SharedCounter& encodings_;
  Names names_;
};

}  // namespace sluice::hub
