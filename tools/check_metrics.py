# SPDX-License-Identifier: Apache-2.0
"""Starts a gateway on the embedded store and one on Redis, reads their /metrics, lets promtool judge names,
types and units, and compares them with docs/metrics.md and with the reasons in the sources. Prints TAP.

    check_metrics.py GATEWAY
"""

import contextlib
import json
import pathlib
import re
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request

from check_alerts import Checks

# Labels that Prometheus' operator and others give to targets in Kubernetes.
OF_TARGETS = {"namespace", "pod", "job", "instance", "container", "service", "endpoint", "node"}
DEADLINE_SECONDS = 20


def wait(ready, process, what):
    deadline = time.monotonic() + DEADLINE_SECONDS
    while not ready():
        if process.poll() is not None or time.monotonic() > deadline:
            sys.exit(f"{what} did not start")
        time.sleep(0.05)


@contextlib.contextmanager
def running(command, ready):
    """A process for as long as it is wanted."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        wait(ready, process, command[0])
        yield process
    finally:
        process.terminate()
        process.wait(timeout=DEADLINE_SECONDS)


def scrape(binary, folder, *options):
    path = pathlib.Path(folder) / "addresses"
    ports = [f"--{name}=127.0.0.1:0" for name in ("listen", "control", "admin")]
    with running([binary, *ports, f"--address-file={path}", *options], path.exists):
        admin = json.loads(path.read_text())["admin"]
        with urllib.request.urlopen(f"http://{admin}/metrics") as answer:
            return answer.read().decode()


def scrape_memory(binary):
    with tempfile.TemporaryDirectory() as folder:
        return scrape(binary, folder)


def scrape_redis(binary):
    """With a server of its own, on a socket in a folder of its own."""
    with tempfile.TemporaryDirectory() as folder, socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
        probe.close()
        server = ["redis-server", "--bind", "127.0.0.1", "--port", str(port), "--save", "", "--dir", folder]
        with running(server, lambda: answers(port)):
            return scrape(binary, folder, f"--storage=redis://127.0.0.1:{port}", "--node=n1")


def answers(port):
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1) as link:
        link.sendall(b"PING\r\n")
        return link.recv(64).startswith(b"+PONG")
    return False


class Page:
    """What a scrape says: of each family the type, and the values that its labels have."""

    def __init__(self, text):
        self.types = dict(re.findall(r"^# TYPE (\S+) (\S+)$", text, re.M))
        self.labels = {name: {} for name in self.types}
        for name, labels in re.findall(r"^([a-z_0-9]+)(?:\{(.*)\})? \S+$", text, re.M):
            family = name if name in self.types else re.sub("_(bucket|sum|count)$", "", name)
            for label, value in re.findall(r'(\w+)="((?:[^"\\]|\\.)*)"', labels):
                self.labels[family].setdefault(label, set()).add(value)

    def rows(self):
        """name -> (type, unit, labels) as the page in docs has them."""
        return {name: (kind, unit_of(name), tuple(sorted(self.labels[name].keys() - {"le"})))
                for name, kind in self.types.items()}


def unit_of(name):
    return next((unit for unit in ("seconds", "bytes") if f"_{unit}" in name), "1")


def documented(path):
    """The same rows from the docs, and which of them need Redis."""
    rows, of_redis, twice = {}, set(), []
    text = pathlib.Path(path).read_text(encoding="utf-8")
    pattern = r"^\| `(\w+)`(\*?) \| (\w+) \| (\w+) \| (.+?) \| (.+?) \| (.+?) \|$"
    for name, star, kind, unit, labels, _, _ in re.findall(pattern, text, re.M):
        twice += [name] if name in rows else []
        rows[name] = (kind, unit, tuple(re.findall(r"`(\w+)`", labels)))
        if star or re.match("sluice_(redis|broker)_", name):
            of_redis.add(name)
    return rows, of_redis, twice


def reasons_in_sources():
    words = set()
    for path in sorted(pathlib.Path("control").glob("*.*")):
        if path.suffix in (".cc", ".h") and path.name != "reasons.h":
            text = path.read_text(encoding="utf-8")
            words |= set(re.findall(r'\b(?:Error\(\s*absl::StatusCode::\w+,|Invalid\()\s*"([A-Z_]+)"', text))
            words |= set(re.findall(r'"([A-Z]+(?:_[A-Z]+)*_(?:INVALID|EXHAUSTED|TOO_LARGE))"', text))
    return words


def differences(found, wanted, what):
    """A line for each of what is on one side alone."""
    return ([f"{key} {what[0]}" for key in sorted(found - wanted)]
            + [f"{key} {what[1]}" for key in sorted(wanted - found)])


def check(checks, memory, redis):
    rows, of_redis, twice = documented("docs/metrics.md")
    exported = redis.rows()
    checks.verdict("docs/metrics.md has every metric once", twice + differences(
        set(exported), set(rows), ("is not in the docs", "is exported by no node")))
    checks.verdict("docs/metrics.md says type, unit and labels as they are", [
        f"{name} is {exported[name]}, not {rows[name]}"
        for name in sorted(exported.keys() & rows.keys()) if exported[name] != rows[name]])
    checks.verdict("docs/metrics.md says which metrics want Redis", differences(
        set(exported) - set(memory.types), of_redis, ("wants Redis", "is there without Redis")))
    labels = {(name, label) for name, of in redis.labels.items() for label in of}
    checks.verdict("no label is named as one of a target's", [
        f"{name}: {label}" for name, label in sorted(labels)
        if label in OF_TARGETS])
    shown = redis.labels["sluice_control_errors_total"]["reason"] - {"other"}
    checks.verdict("control_errors_total shows every reason that the sources have", [
        f"{reason} is missing in control/reasons.h" for reason in sorted(reasons_in_sources() - shown)])


def main():
    checks = Checks()
    texts = [scrape_memory(sys.argv[1]), scrape_redis(sys.argv[1])]
    for text, store in zip(texts, ("the embedded store", "Redis")):
        promtool = subprocess.run(["promtool", "check", "metrics"], input=text.encode(), check=False,
                                  stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        checks.verdict(f"promtool accepts the metrics of a node on {store}",
                       promtool.stdout.decode().splitlines() if promtool.returncode else [])
    check(checks, *map(Page, texts))
    text = subprocess.run([sys.argv[1], "--help"], check=True, stdout=subprocess.PIPE).stdout.decode()
    checks.alerts(set(Page(texts[1]).types), set(re.findall(r"^ *--([a-z-]+)", text, re.M)))
    checks.conclude()


main()
