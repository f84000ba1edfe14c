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

struct ShardProbe {
  using Counter = metrics::Counter;
  using Gauge = metrics::Gauge;
  using Histogram = metrics::Histogram;

  std::array<Gauge, kDialectsMax> connections;  // open, by dialect
  std::array<Counter, kDialectsMax> opened;     // by dialect
  std::array<Counter, kCloseCauseCount> closed_by_gateway;
  Counter closed_by_peer;
  std::array<Counter, kDialectsMax> messages_in;   // whole messages, by dialect
  std::array<Counter, kDialectsMax> messages_out;  // frames put into outboxes, by dialect
  std::array<Counter, kFaultCount> faults;         // errors answered, by fault
  std::array<Counter, kDropReasonCount> drops;     // deliveries that a bound prevented
  Counter calls;                                   // invocations begun, all roles
  Counter calls_queued;                            // waited for credit
  Counter results_dropped;                         // answers that nobody waited for
  Counter calls_given_again;                       // never sent to the worker that had them
  Counter queues_visited;                          // of methods, to see whether a call can start
  Counter worker_ejections;
  Counter worker_readmissions;
  Gauge calls_in_flight;
  Gauge calls_waiting;
  Counter client_calls;  // Control.Call, asked
  Counter client_call_timeouts;
  Counter client_calls_limited;  // not asked, since too many answers are awaited
  Counter channel_limit_hits;
  Counter logins_refused;
  Counter tokens_unsupported;  // came with an answer for a dialect that has none
  Counter takeovers;
  Counter id_probes;         // holders of ids that were asked whether they live
  Counter ghosts;            // of these, closed
  Counter waits;             // commands that waited for their share of --commands-per-second
  Gauge leaving;             // whose turn in a drain has come, and who finish what is under way
  Counter graces_expired;    // a drain closed them with something still under way (--drain-grace)
  Counter rights_ended;      // memberships that ended because their right did
  Counter access_conflicts;  // names on whose access two workers disagree, as registered
  Counter presence_failures;
  Counter labels_refused;        // at --labels-bytes
  Counter subprotocols_ignored;  // a worker chose one that was not offered, or too late
  Counter member_lists_cut;      // at --members-max or --list-bytes
  Counter method_lists_cut;      // at --list-bytes
  Counter guards_blocked;        // what guards did not allow
  Counter guards_undecided;      // no guard answered in time
  Histogram call_seconds{metrics::kDelaySeconds};       // command to answer
  Histogram admission_seconds{metrics::kDelaySeconds};  // upgrade to open
  Histogram outbox_depth_bytes{metrics::kSizeBytes};    // at each delivery of Send
};

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
