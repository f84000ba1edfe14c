// SPDX-License-Identifier: Apache-2.0
#include "gateway/hub/probe.h"

#include <cstddef>

namespace sluice::hub {
namespace {

// Shows one array of numbers, each element under its own label value.
template <typename Array, typename NameOf, typename Show>
void ShowEach(const Array& array, NameOf name_of, Show show) {
  for (size_t i = 0; i < array.size(); ++i) {
    std::string_view name = name_of(i);
    if (!name.empty()) show(name, array[i].value());
  }
}

void VisitDialects(const ShardProbe& probe, const ShardProbes::Names& names,
                   metrics::Visitor& visitor) {
  auto name_of = [&](size_t i) { return names[i]; };
  ShowEach(probe.connections, name_of, [&](std::string_view dialect, int64_t value) {
    visitor.Level("connections", "Open connections.", {{"dialect", dialect}},
                  static_cast<double>(value));
  });
  ShowEach(probe.opened, name_of, [&](std::string_view dialect, uint64_t value) {
    visitor.Count("connections_opened_total", "Connections that were admitted and opened.",
                  {{"dialect", dialect}}, value);
  });
  ShowEach(probe.messages_in, name_of, [&](std::string_view dialect, uint64_t value) {
    visitor.Count("messages_received_total", "Whole messages from clients.", {{"dialect", dialect}},
                  value);
  });
  ShowEach(probe.messages_out, name_of, [&](std::string_view dialect, uint64_t value) {
    visitor.Count("messages_enqueued_total", "Messages put into clients' outboxes.",
                  {{"dialect", dialect}}, value);
  });
}

void VisitReasons(const ShardProbe& probe, metrics::Visitor& visitor) {
  auto close_label = [](size_t i) { return RuleOf(static_cast<CloseCause>(i)).label; };
  ShowEach(probe.closed_by_gateway, close_label, [&](std::string_view reason, uint64_t value) {
    visitor.Count("connections_closed_total",
                  "Connections closed, by cause; \"peer\" left by itself.", {{"reason", reason}},
                  value);
  });
  visitor.Count("connections_closed_total",
                "Connections closed, by cause; \"peer\" left by itself.", {{"reason", "peer"}},
                probe.closed_by_peer.value());
  auto fault_label = [](size_t i) { return FaultLabel(static_cast<Fault>(i)); };
  ShowEach(probe.faults, fault_label, [&](std::string_view reason, uint64_t value) {
    visitor.Count("command_errors_total", "Clients' commands that failed, by reason.",
                  {{"reason", reason}}, value);
  });
  auto drop_label = [](size_t i) { return DropLabel(static_cast<DropReason>(i)); };
  ShowEach(probe.drops, drop_label, [&](std::string_view reason, uint64_t value) {
    visitor.Count("deliveries_dropped_total",
                  "Messages that did not get into an outbox, by reason.", {{"reason", reason}},
                  value);
  });
}

void VisitCalls(const ShardProbe& probe, metrics::Visitor& visitor) {
  visitor.Count("calls_total", "Invocations begun for clients: methods, logins, admissions.", {},
                probe.calls.value());
  visitor.Count("calls_queued_total",
                "Calls that had to wait for a worker's credit; workers are too few or too slow.",
                {}, probe.calls_queued.value());
  visitor.Count("results_dropped_total",
                "Workers' answers that nobody waited for any more, or that were unknown.", {},
                probe.results_dropped.value());
  visitor.Count("calls_given_again_total",
                "Calls whose worker left before it was sent them, given to another.", {},
                probe.calls_given_again.value());
  visitor.Count("method_queues_visited_total",
                "Looks at a method's waiting calls when a worker may have room for them.", {},
                probe.queues_visited.value());
  visitor.Count("worker_ejections_total",
                "Workers that got no calls for a while, since they had let calls time out.", {},
                probe.worker_ejections.value());
  visitor.Count("worker_readmissions_total", "Ejected workers that answered their probe in time.",
                {}, probe.worker_readmissions.value());
  visitor.Level("calls_in_flight", "Invocations that workers have not answered.", {},
                static_cast<double>(probe.calls_in_flight.value()));
  visitor.Level("calls_waiting", "Calls that wait for a worker's credit.", {},
                static_cast<double>(probe.calls_waiting.value()));
  visitor.Count("client_calls_total", "Clients asked on a backend's behalf.", {},
                probe.client_calls.value());
  visitor.Count("client_call_timeouts_total", "Clients asked that did not answer in time.", {},
                probe.client_call_timeouts.value());
  visitor.Count("client_calls_limited_total",
                "Clients that were not asked, since they or all together owe too many answers "
                "(--client-calls-per-connection, --client-calls-max).",
                {}, probe.client_calls_limited.value());
  visitor.Distribution("call_seconds", "From a client's call to its answer.", {},
                       probe.call_seconds);
}

void VisitSessions(const ShardProbe& probe, metrics::Visitor& visitor) {
  visitor.Count("channel_limit_hits_total", "Joins that --channels-per-connection prevented.", {},
                probe.channel_limit_hits.value());
  visitor.Count("logins_refused_total", "Logins that a worker refused.", {},
                probe.logins_refused.value());
  visitor.Count("tokens_unsupported_total",
                "Tokens that came with a worker's answer for clients whose dialect has none.", {},
                probe.tokens_unsupported.value());
  visitor.Level("connections_leaving",
                "Connections whose turn in a drain has come and who finish what is under way.", {},
                static_cast<double>(probe.leaving.value()));
  visitor.Count("drain_graces_expired_total",
                "Connections that a drain closed with something still under way (--drain-grace).",
                {}, probe.graces_expired.value());
  visitor.Count("takeovers_total", "Connections whose id a newer connection took over.", {},
                probe.takeovers.value());
  visitor.Count("id_probes_total", "Connections that were pinged because another wanted their id.",
                {}, probe.id_probes.value());
  visitor.Count("id_ghosts_total", "Of these, closed at --id-probe-timeout: their client was gone.",
                {}, probe.ghosts.value());
  visitor.Count("commands_delayed_total",
                "Commands that waited for --commands-per-second, because nobody could say them "
                "again.",
                {}, probe.waits.value());
  visitor.Count("labels_refused_total",
                "Labels that were not set, because a connection's would exceed --labels-bytes.", {},
                probe.labels_refused.value());
  visitor.Count("subprotocols_ignored_total",
                "Subprotocols that a worker chose, but that were not offered, or too late.", {},
                probe.subprotocols_ignored.value());
  visitor.Count("rights_ended_total",
                "Memberships that ended because whoever had them is not allowed any more.", {},
                probe.rights_ended.value());
  visitor.Count("access_conflicts_total",
                "Registrations of a name on whose access another worker disagrees.", {},
                probe.access_conflicts.value());
  visitor.Count("presence_failures_total", "Presence operations that the store failed.", {},
                probe.presence_failures.value());
  visitor.Count("member_lists_cut_total",
                "Lists of members that were cut at --members-max or --list-bytes.", {},
                probe.member_lists_cut.value());
  visitor.Count("method_lists_cut_total", "Lists of methods that were cut at --list-bytes.", {},
                probe.method_lists_cut.value());
  visitor.Count("guards_blocked_total", "Actions that a guard did not allow.", {},
                probe.guards_blocked.value());
  visitor.Count("guards_undecided_total",
                "Actions that no guard decided in time; --guard-default holds then.", {},
                probe.guards_undecided.value());
  visitor.Distribution("admission_seconds", "From the upgrade to the admission's answer.", {},
                       probe.admission_seconds);
  visitor.Distribution("outbox_depth_bytes", "What an outbox holds when a Send adds to it.", {},
                       probe.outbox_depth_bytes);
}

}  // namespace

void ShardProbes::Visit(metrics::Visitor& visitor) const {
  for (const ShardProbe* probe : probes_) {
    VisitDialects(*probe, names_, visitor);
    VisitReasons(*probe, visitor);
    VisitCalls(*probe, visitor);
    VisitSessions(*probe, visitor);
  }
  visitor.Count("message_encodings_total",
                "Messages encoded; a broadcast is encoded once for each dialect.", {},
                encodings_.value());
}

}  // namespace sluice::hub
