// SPDX-License-Identifier: Apache-2.0
#include "control/probe.h"

#include <string>

#include "control/reasons.h"
#include "control/status.h"

namespace sluice::control {

void ControlProbe::Ended(const Rpc& rpc, const absl::Status& status, absl::Duration took) {
  under_way.Add(-1);
  PerRpc& per = rpcs_[rpc.index];
  per.codes[static_cast<size_t>(status.code()) % kCodes].Add();
  if (!status.ok()) CountReason(status);
  if (!rpc.is_stream) per.seconds.Observe(absl::ToDoubleSeconds(took));
}

void ControlProbe::CountReason(const absl::Status& status) {
  const std::string reason = ReasonOf(status);
  if (!reason.empty()) reasons_[IndexOfReason(reason)].Add();
}

void ControlProbe::Visit(metrics::Visitor& visitor) const {
  VisitRpcs(visitor);
  VisitWorkers(visitor);
  VisitWatchers(visitor);
  VisitCluster(visitor);
  port.Visit(visitor);
}

void ControlProbe::VisitRpcs(metrics::Visitor& visitor) const {
  for (const Rpc& rpc : Rpcs()) {
    const PerRpc& per = rpcs_[rpc.index];
    for (size_t code = 0; code < kCodes; ++code) {
      std::string name = absl::StatusCodeToString(static_cast<absl::StatusCode>(code));
      visitor.Count("control_rpcs_total",
                    "Control rpcs that ended, by rpc and status; a rise of others than OK means "
                    "that backends ask for what they cannot have.",
                    {{"rpc", rpc.name}, {"code", name}}, per.codes[code].value());
    }
    if (rpc.is_stream) continue;
    visitor.Distribution("control_rpc_seconds", "How long unary control rpcs took.",
                         {{"rpc", rpc.name}}, per.seconds.histogram());
  }
  for (size_t i = 0; i < reasons_.size(); ++i) {
    visitor.Count(
        "control_errors_total",
        "Control rpcs that failed, by their ErrorInfo's reason; \"other\" came from a node "
        "of another release.",
        {{"reason", i < kReasons.size() ? kReasons[i] : "other"}}, reasons_[i].value());
  }
  visitor.Level("control_rpcs_under_way", "Control rpcs under way, streams included.", {},
                static_cast<double>(under_way.value()));
  visitor.Count("control_unauthenticated_total",
                "Rpcs without a valid token; a rise is a wrong configuration or an attack.", {},
                unauthenticated.value());
  visitor.Count("control_requests_too_large_total",
                "Requests over --control-message-bytes; a backend sends more than it may.", {},
                requests_too_large.value());
  visitor.Count("control_overloaded_total",
                "Rpcs refused because too many tasks waited for a thread (--thread-tasks-max).", {},
                overloaded.value());
  visitor.Count("control_call_answers_too_large_total",
                "Answers of clients over --control-response-bytes; the callers got an error.", {},
                call_answers_too_large.value());
  visitor.Count("control_call_overflows_total",
                "Calls ended because nobody read, or fetched, their answers (--call-queue-bytes).",
                {}, call_overflows.value());
  visitor.Level("client_call_bytes", "What Calls under way hold (--client-calls-bytes).", {},
                static_cast<double>(client_call_bytes.value()));
  visitor.Count("client_calls_refused_total",
                "Calls refused or ended because all of them held too much (--client-calls-bytes).",
                {}, client_calls_refused.value());
}

void ControlProbe::VisitWorkers(metrics::Visitor& visitor) const {
  visitor.Level("workers", "Workers that are connected.", {}, static_cast<double>(workers.value()));
  visitor.Level("workers_ejected",
                "Workers that get no calls for now, since they let calls time out "
                "(--worker-ejection-timeouts).",
                {}, static_cast<double>(workers_ejected.value()));
  visitor.Count("workers_refused_total", "Worker streams refused (--workers-max).", {},
                workers_refused.value());
  visitor.Level("worker_registration_bytes",
                "What workers' registrations take; --registration-bytes bounds it.", {},
                static_cast<double>(registered_bytes->load()));
  visitor.Count("worker_registrations_refused_total", "Register messages refused.", {},
                registrations_refused.value());
  visitor.Count("worker_invocations_total", "Invocations given to workers.", {},
                invocations.value());
  visitor.Count("worker_cancellations_total",
                "Invocations cancelled: their callers left or their deadlines passed.", {},
                cancellations.value());
  visitor.Count("worker_results_total", "Results from workers.", {}, results.value());
  visitor.Count("worker_results_unknown_total",
                "Results whose id the worker did not owe; a rise is a broken worker.", {},
                results_unknown.value());
  visitor.Count("worker_results_invalid_total",
                "Results whose content is not what it says; a rise is a broken worker.", {},
                results_invalid.value());
  visitor.Count("worker_results_too_large_total",
                "Results over --worker-result-bytes; their callers got an error.", {},
                results_too_large.value());
  visitor.Count("worker_invocations_too_large_total",
                "Invocations over --worker-invocation-bytes; their callers got an error.", {},
                invocations_too_large.value());
  visitor.Count("worker_queues_full_total",
                "How often --worker-queue-bytes waited unread for a worker, which got nothing more "
                "until it had read; a rise is a worker that hangs.",
                {}, worker_queues_full.value());
  visitor.Distribution("worker_invocation_batch", "Invocations in one message to a worker.", {},
                       invocation_batch.histogram());
  visitor.Distribution("worker_result_batch", "Results in one message from a worker.", {},
                       result_batch.histogram());
}

void ControlProbe::VisitWatchers(metrics::Visitor& visitor) const {
  visitor.Level("event_watchers", "WatchEvents streams that are open.", {},
                static_cast<double>(watchers.value()));
  visitor.Count("events_sent_total", "Events sent to watchers.", {}, events_sent.value());
  visitor.Count("events_lost_total",
                "Events lost by watchers that read too slowly (--events-kept, --events-bytes).", {},
                events_lost.value());
  visitor.Count("events_gaps_total",
                "Messages that told watchers of a gap in a node's events: it kept them too short "
                "(--events-kept, --events-bytes), or has died.",
                {}, events_gaps.value());
  visitor.Distribution("event_watcher_lag_events",
                       "How many events a watcher was behind when it was given some.", {},
                       watcher_lag.histogram());
  visitor.Level("channel_subscribers", "Subscribe streams that are open.", {},
                static_cast<double>(subscribers.value()));
  visitor.Count("publications_sent_total", "Publications sent to subscribers.", {},
                publications_sent.value());
  visitor.Count("publications_lost_total",
                "Publications lost by subscribers that read too slowly (--subscriber-backlog, "
                "--subscriber-bytes).",
                {}, publications_lost.value());
  visitor.Level("drain_watchers", "WatchDrain streams that are open.", {},
                static_cast<double>(drain_watchers.value()));
}

void ControlProbe::VisitCluster(metrics::Visitor& visitor) const {
  visitor.Count("cluster_requests_total", "Requests sent to the other nodes.", {},
                cluster.asked.value());
  visitor.Count("cluster_requests_answered_total", "Requests of other nodes.", {},
                cluster.answered.value());
  visitor.Count("cluster_requests_refused_total",
                "Requests of other nodes that were not understood: their release is another.", {},
                cluster.refused.value());
  visitor.Count("cluster_unreachable_total",
                "Nodes that did not answer in time (--cluster-timeout).", {},
                cluster.unreachable.value());
  visitor.Count("cluster_sayings_total", "What clients said to many, sent to the other nodes.", {},
                cluster.said.value());
  visitor.Count("cluster_sayings_dropped_total",
                "The same, refused by the broker: the other nodes miss it.", {},
                cluster.unsaid.value());
  visitor.Count("cluster_sayings_received_total", "What other nodes' clients said to many.", {},
                cluster.heard.value());
  visitor.Count("cluster_gaps_total",
                "Times that something which other nodes said may have been lost.", {},
                cluster.gaps.value());
  visitor.Count("events_ends_unconfirmed_total",
                "Nodes whose end watchers were told after --node-end-timeout, before all others "
                "had told of the connections that it left behind.",
                {}, cluster.ends_unconfirmed.value());
  visitor.Count("events_positions_dropped_total",
                "Positions of nodes that are gone which a watcher's stream kept no more; should "
                "such a node come back, its life is told from the beginning.",
                {}, cluster.positions_dropped.value());
  VisitLending(visitor);
}

void ControlProbe::VisitLending(metrics::Visitor& visitor) const {
  visitor.Level("cluster_workers", "Workers of other nodes that serve clients of this one.", {},
                cluster.workers_borrowed.value());
  visitor.Count("cluster_invocations_sent_total", "Invocations sent to workers of other nodes.", {},
                cluster.errands_sent.value());
  visitor.Count("cluster_invocations_taken_total",
                "Invocations of other nodes' clients, given to workers of this one.", {},
                cluster.errands_taken.value());
  visitor.Count("cluster_invocations_returned_total",
                "Invocations that came back, since the worker had no credit left or had gone.", {},
                cluster.errands_returned.value());
  visitor.Count("cluster_invocations_lost_total",
                "Invocations whose worker, node or way has gone: \"worker lost\" for the caller.",
                {}, cluster.errands_lost.value());
  visitor.Count("cluster_results_late_total",
                "Results of other nodes' workers that nobody waited for any more.", {},
                cluster.outcomes_late.value());
  visitor.Count("cluster_worker_messages_unsent_total",
                "Messages about workers of several nodes, refused by the broker.", {},
                cluster.lending_unsent.value());
  visitor.Count("cluster_worker_messages_refused_total",
                "Those of other nodes that were not understood, or for an earlier life of this.",
                {}, cluster.lending_refused.value());
  visitor.Count("cluster_registrations_refused_total",
                "Registrations that could not be told to another node, or not be taken from one.",
                {}, cluster.offers_refused.value());
  visitor.Count("cluster_forgotten_missed_total",
                "Nodes that asked so late what workers had taken back by name that some of it was "
                "not known any more: there it is unavailable instead of not found.",
                {}, cluster.forgotten_missed.value());
  visitor.Count("cluster_left_behind_dropped_total",
                "Registrations of workers that have left which are not told to nodes that come "
                "later, for want of room (--registration-bytes).",
                {}, cluster.left_behind_dropped.value());
}

}  // namespace sluice::control
