# SPDX-License-Identifier: Apache-2.0
"""Writes the Grafana dashboard (helm/sluice/files/dashboard.json) from the table below.

    python3 tools/dashboard.py > helm/sluice/files/dashboard.json

Every query selects by the labels that Prometheus gives targets in Kubernetes; the variables' "All" also
matches targets that have no such labels.
"""

import json

SELECTOR = 'namespace=~"$namespace",job=~"$job",pod=~"$pod"'
NODE = "{{pod}} {{instance}}"
WIDTH, HEIGHT = 8, 7  # three panels beside one another
COLUMNS = 24


def series(name, labels=""):
    name = name if name.startswith("process_") else f"sluice_{name}"
    return f"{name}{{{SELECTOR}{',' + labels if labels else ''}}}"


def total(name, by="", labels=""):
    """A gauge, added up over nodes."""
    return f"sum{f' by ({by})' if by else ''} ({series(name, labels)})", legend(by) or name


def rate(name, by="", labels=""):
    """A counter's rise a second, added up over nodes."""
    expr = f"sum{f' by ({by})' if by else ''} (rate({series(name, labels)}[$__rate_interval]))"
    return expr, legend(by) or name.removesuffix("_total")


def legend(by):
    if by == "pod, instance":
        return NODE
    return " ".join(f"{{{{{label}}}}}" for label in by.split(", ")) if by else ""


def node(name, function="{}"):
    """What each node says by itself."""
    return function.format(series(name)), NODE


def quantiles(name):
    """Half, and all but one in a hundred."""
    for share in (0.5, 0.99):
        buckets = f"sum by (le) (rate({series(name + '_bucket')}[$__rate_interval]))"
        yield f"histogram_quantile({share}, {buckets})", f"p{share * 100:g}"


def reached(titles):
    """The panels of several counters at once, one line each."""
    return [rate(name) for name in titles]


# Row: panel title, unit, queries.
ROWS = {
    "Connections": [
        ("Connections", "short", [total("connections", "dialect")]),
        ("Connections of each node", "short", [total("connections", "pod, instance")]),
        ("Opened a second", "ops", [rate("connections_opened_total", "dialect")]),
        ("Closed a second, by reason", "ops", [rate("connections_closed_total", "reason")]),
        ("Upgrades refused a second, by reason", "ops", [rate("edge_handshakes_refused_total", "reason")]),
        ("Handshakes", "ops", reached(["edge_upgrades_total", "edge_handshakes_abandoned_total",
                                       "edge_tls_failures_total", "logins_refused_total"])),
        ("From accept to 101", "s", quantiles("edge_handshake_seconds")),
        ("Admission", "s", quantiles("admission_seconds")),
        ("Closed for what they sent", "ops", [rate("edge_violations_total", "reason")]),
    ],
    "Messages": [
        ("Messages from clients", "ops", [rate("messages_received_total", "dialect")]),
        ("Messages to clients", "ops", [rate("messages_enqueued_total", "dialect")]),
        ("Bytes", "Bps", reached(["edge_bytes_in_total", "edge_bytes_out_total"])),
        ("From publish to write", "s", quantiles("edge_flush_delay_seconds")),
        ("Bytes of one write", "bytes", quantiles("edge_flush_bytes")),
        ("Commands that failed, by reason", "ops", [rate("command_errors_total", "reason")]),
        ("Control rpcs", "ops", [rate("control_rpcs_total", "rpc")]),
        ("Control rpcs that failed, by code", "ops", [rate("control_rpcs_total", "code", 'code!="OK"')]),
        ("Control rpcs, p99", "s", [(
            "histogram_quantile(0.99, sum by (le) "
            f"(rate({series('control_rpc_seconds_bucket')}[$__rate_interval])))", "p99")]),
    ],
    "Methods and workers": [
        ("Workers", "short", [total("workers"), total("workers_ejected"), total("cluster_workers")]),
        ("Calls", "ops", reached(["calls_total", "calls_queued_total", "worker_results_total",
                                  "worker_cancellations_total", "results_dropped_total"])),
        ("Calls under way", "short", [total("calls_in_flight"), total("calls_waiting")]),
        ("From call to answer", "s", quantiles("call_seconds")),
        ("Invocations in one message", "short", quantiles("worker_invocation_batch")),
        ("Workers that do wrong", "ops", reached([
            "worker_results_unknown_total", "worker_results_invalid_total", "worker_queues_full_total",
            "worker_registrations_refused_total", "worker_ejections_total"])),
        ("Guards", "ops", reached(["guards_blocked_total", "guards_undecided_total"])),
        ("Calls to clients", "ops", reached(["client_calls_total", "client_call_timeouts_total"])),
    ],
    "Channels and presence": [
        ("Publications to backends", "ops", reached(["publications_sent_total"])),
        ("Subscribe streams", "short", [total("channel_subscribers")]),
        ("Memberships refused or ended", "ops", reached([
            "channel_limit_hits_total", "rights_ended_total", "member_lists_cut_total"])),
        ("Ids", "ops", reached(["takeovers_total", "id_probes_total", "id_ghosts_total"])),
        ("Presence that failed", "ops", reached(["presence_failures_total"])),
        ("Events", "ops", reached(["events_total", "events_sent_total"])),
    ],
    "Drains and reconnects": [
        ("Drains", "short", [total("drains_running"), total("draining"), total("connections_leaving")]),
        ("Closed by drains a second", "ops", [
            rate("connections_closed_total", "pod, instance", 'reason=~"drain|lifetime"')]),
        ("Opened a second, each node", "ops", [rate("connections_opened_total", "pod, instance")]),
        ("Opened beyond what drains sent away", "ops", [(
            f"{rate('connections_opened_total')[0]} - "
            + rate("connections_closed_total", labels='reason=~"drain|lifetime"')[0], "unasked")]),
        ("Drains that cut what was under way", "ops", reached(["drain_graces_expired_total"])),
        ("Days that certificates are good for", "d", [(
            f"({series('tls_certificate_expiry_seconds')} - time()) / 86400", f"{{{{port}}}} {NODE}")]),
    ],
    "Slow consumers and bounds": [
        ("Dropped a second, by reason", "ops", [rate("deliveries_dropped_total", "reason")]),
        ("Closed as too slow", "ops", [
            rate("connections_closed_total", "reason", 'reason=~"slow_consumer|pong_timeout"')]),
        ("Outbox of whom is sent to", "bytes", quantiles("outbox_depth_bytes")),
        ("Writes that had to wait", "ops", [rate("edge_would_block_total", "pod, instance")]),
        ("Reads that had to wait", "ops", [rate("edge_reads_delayed_total", "reason"),
                                           rate("edge_read_ahead_full_total"), rate("commands_delayed_total")]),
        ("Backends that miss something", "ops", reached([
            "events_lost_total", "events_dropped_total", "publications_lost_total",
            "publications_dropped_total"])),
        ("Bounds hit in 10 minutes, by option", "short", [(
            'sum by (bound) (sluice:bound_hits:increase10m{namespace=~"$namespace",job=~"$job"})', "{{bound}}")]),
        ("Control rpcs that failed, by reason", "ops", [rate("control_errors_total", "reason")]),
        ("Connections to control and admin port refused", "ops", [
            rate("control_connections_refused_total", "reason"), rate("admin_refused_total", "reason")]),
    ],
    "Redis and cluster": [
        ("Stores that are degraded", "short", [total("store_degraded", "store")]),
        ("Commands", "ops", [rate("redis_commands_total", "pod, instance")]),
        ("Commands that failed", "ops", [rate("redis_errors_total", "reason"), rate("redis_retries_total")]),
        ("Bytes that wait for Redis", "bytes", [total("redis_queued_bytes"), total("broker_queued_bytes")]),
        ("Connections to Redis", "ops", [rate("redis_connects_total", "result"), rate("redis_silent_total")]),
        ("Subscriptions", "short", [total("redis_subscriptions"), total("redis_subscriptions_unconfirmed")]),
        ("Messages between nodes", "ops", [rate("broker_sent_total", "kind"), rate("redis_messages_total")]),
        ("Messages not taken, or missing", "ops", [
            rate("broker_dropped_total", "reason"), rate("broker_gaps_total", "reason"),
            rate("broker_refused_total", "reason"), rate("broker_unpublished_total")]),
        ("Other nodes", "ops", reached([
            "cluster_requests_total", "cluster_requests_answered_total", "cluster_unreachable_total",
            "nodes_died_total", "nodes_evicted_total"])),
        ("Workers of other nodes", "ops", reached([
            "cluster_invocations_sent_total", "cluster_invocations_taken_total",
            "cluster_invocations_returned_total", "cluster_invocations_lost_total"])),
        ("Presence after trouble", "short", [total("presence_unclaimed")]),
        ("Presence claimed again, or lost", "ops", reached([
            "presence_claimed_again_total", "presence_lost_total", "presence_disputed_total"])),
    ],
    "Process": [
        ("Nodes, by version", "short", [total("build_info", "version")]),
        ("CPU", "short", [node("process_cpu_seconds_total", "rate({}[$__rate_interval])")]),
        ("Memory", "bytes", [node("process_resident_memory_bytes")]),
        ("Descriptors in use", "percentunit", [(
            f"{series('process_open_fds')} / {series('process_max_fds')}", NODE)]),
        ("Threads that do not turn", "s", [(
            f"max by (pod, instance, thread) ({series('thread_silence_seconds')})", f"{{{{thread}}}} {NODE}")]),
        ("Tasks that wait for threads", "short", [total("thread_tasks", "thread")]),
        ("Lines of the log dropped", "ops", [rate("log_lines_dropped_total", "reason")]),
        ("accept() failures", "ops", reached(["edge_accept_errors_total", "control_accept_errors_total"])),
        ("Reloads", "short", [total("reload_refused")]),
    ],
}

DATASOURCE = {"type": "prometheus", "uid": "${datasource}"}


def panel(number, title, unit, queries, x, y):
    targets = [{"refId": chr(ord("A") + i), "datasource": DATASOURCE, "expr": expr, "legendFormat": name}
               for i, (expr, name) in enumerate(queries)]
    return {
        "id": number, "type": "timeseries", "title": title, "datasource": DATASOURCE,
        "gridPos": {"h": HEIGHT, "w": WIDTH, "x": x, "y": y}, "targets": targets,
        "fieldConfig": {"defaults": {"unit": unit, "min": None if unit == "d" else 0}, "overrides": []},
        "options": {"legend": {"displayMode": "list", "placement": "bottom"}, "tooltip": {"mode": "multi"}},
    }


def panels():
    made, y = [], 0
    for row, content in ROWS.items():
        made.append({"id": len(made) + 1, "type": "row", "title": row, "collapsed": False, "panels": [],
                     "gridPos": {"h": 1, "w": COLUMNS, "x": 0, "y": y}})
        y += 1
        for i, (title, unit, queries) in enumerate(content):
            x = i * WIDTH % COLUMNS
            made.append(panel(len(made) + 1, title, unit, queries, x, y + i * WIDTH // COLUMNS * HEIGHT))
        y += -(-len(content) * WIDTH // COLUMNS) * HEIGHT
    return made


def variable(label, within):
    chosen = "{" + ",".join(f'{other}=~"${other}"' for other in within) + "}" if within else ""
    query = f"label_values(sluice_build_info{chosen}, {label})"
    return {"name": label, "label": label, "type": "query", "datasource": DATASOURCE,
            "query": {"query": query, "refId": label}, "definition": query, "refresh": 2, "sort": 1,
            "multi": True, "includeAll": True, "allValue": ".*",
            "current": {"text": ["All"], "value": ["$__all"]}}


def dashboard():
    source = {"name": "datasource", "label": "Prometheus", "type": "datasource", "query": "prometheus"}
    chosen = [variable("namespace", []), variable("job", ["namespace"]),
              variable("pod", ["namespace", "job"])]
    return {
        "title": "Sluice", "uid": "sluice", "tags": ["sluice"], "schemaVersion": 39, "version": 1,
        "editable": True, "graphTooltip": 1, "refresh": "30s", "timezone": "browser",
        "time": {"from": "now-1h", "to": "now"}, "templating": {"list": [source, *chosen]},
        "annotations": {"list": []}, "panels": panels(),
    }


def text():
    """One panel a line, so that a change of one shows as such."""
    whole = dashboard()
    lines = ",\n".join("    " + json.dumps(made) for made in whole.pop("panels"))
    head = json.dumps(whole, indent=2).removesuffix("\n}")
    return f'{head},\n  "panels": [\n{lines}\n  ]\n}}\n'


if __name__ == "__main__":
    print(text(), end="")
