# SPDX-License-Identifier: Apache-2.0
"""Counts the tests that a step ran: prints one line "passed failed skipped", then a line for each
test that failed or was skipped. Reads Bazel's build events (JSON), TAP as `node --test` writes it, or
what `go test -json` writes.

    report.py bazel events.json
    report.py tap results.tap
    report.py go results.json
    report.py go-output results.json        what the tests that failed printed, instead
"""

import json
import re
import sys
import urllib.parse
import xml.etree.ElementTree as xml


class Count:
    """Cases by how they ended, with a line for each that did not pass."""

    def __init__(self):
        self.passed = 0
        self.failed = []
        self.skipped = []

    def print(self):
        print(self.passed, len(self.failed), len(self.skipped))
        for line in self.failed:
            print("failed:", line)
        for line in self.skipped:
            print("skipped:", line)


def count_cases(path, label, count):
    """The cases of one test.xml; those of GoogleTest, or the one that Bazel makes up."""
    for case in xml.parse(path).iter("testcase"):
        name = f"{label} {case.get('classname', '')}.{case.get('name')}"
        reason = case.find("skipped")
        if case.find("failure") is not None or case.find("error") is not None:
            count.failed.append(name)
        elif reason is not None or case.get("status") == "notrun":
            count.skipped.append(f"{name}: {reason_of(reason)}")
        else:
            count.passed += 1


def reason_of(skipped):
    message = skipped.get("message") if skipped is not None else "disabled"
    return " ".join((message or "no reason given").split())


def xml_of(result):
    for output in result.get("testActionOutput", []):
        if output["name"] == "test.xml":
            return urllib.parse.unquote(urllib.parse.urlparse(output["uri"]).path)
    return None


def count_bazel(lines):
    """Every test target that was asked for: its cases, or itself where it did not get to run."""
    targets, results, count = [], {}, Count()
    for event in map(json.loads, lines):
        if "testSize" in event.get("configured", {}):
            targets.append(event["id"]["targetConfigured"]["label"])
        if "testResult" in event:
            key = event["id"]["testResult"]
            # A later attempt at the same shard replaces the earlier.
            results.setdefault(key["label"], {})[key.get("shard")] = event["testResult"]
    for label in targets:
        shards = results.get(label, {})
        if not shards:
            count.failed.append(f"{label}: not built")
        for result in shards.values():
            count_result(label, result, count)
    return count


def count_result(label, result, count):
    path, before = xml_of(result), len(count.failed)
    if path:
        count_cases(path, label, count)
    # A crash after the last case, a leak or a time-out is not in the file.
    if result["status"] not in ("PASSED", "FLAKY") and len(count.failed) == before:
        count.failed.append(f"{label}: {result['status'].lower()}")


def count_tap(lines):
    """The tests at the deepest level; what encloses others counts only if it failed by itself."""
    count, deeper, failed_inside = Count(), -1, False
    for line in lines:
        match = re.match(r"( *)(not ok|ok) \d+ - (.*?)(?: # (SKIP|TODO)(.*))?$", line.rstrip())
        if not match:
            continue
        indent, verdict, name, directive, reason = match.groups()
        encloses, deeper = deeper > len(indent), len(indent)
        if directive:
            count.skipped.append(f"{name}: {reason.strip() or 'no reason given'}")
        elif verdict == "not ok" and not (encloses and failed_inside):
            count.failed.append(name)
        elif verdict == "ok" and not encloses:
            count.passed += 1
        failed_inside = bool(indent) and (failed_inside or verdict == "not ok")
    return count


def go_cases(lines):
    """What became of each test of Go, by name, and what it printed; "" is the package itself."""
    ended, printed = {}, {}
    for line in lines:
        # What the compiler says is no JSON where Go is older.
        event = json.loads(line) if line.startswith("{") else {"Action": "output", "Output": line}
        name = event.get("Test", "")
        if "Output" in event:
            printed.setdefault(name, []).append(event["Output"])
        elif event["Action"] in ("pass", "fail", "skip"):
            ended[name] = event["Action"]
    return ended, printed


def count_go(lines):
    """The tests at the deepest level; what encloses others counts only if it failed by itself."""
    count = Count()
    ended, printed = go_cases(lines)
    for name, action in ended.items():
        inside = [other for other in ended if other != name and (not name or other.startswith(name + "/"))]
        if action == "fail" and not any(ended[other] == "fail" for other in inside):
            count.failed.append(name or "the package")
        elif action == "skip" and name:
            reason = [line.strip() for line in printed.get(name, []) if not line.startswith(("=== ", "---"))]
            count.skipped.append(f"{name}: {' '.join(reason) or 'no reason given'}")
        elif action == "pass" and not inside and name:
            count.passed += 1
    return count


def print_go_output(lines):
    ended, printed = go_cases(lines)
    for name, text in printed.items():
        if ended.get(name, "fail") == "fail":
            sys.stdout.write("".join(text))


def main():
    kind, path = sys.argv[1:]
    with open(path, encoding="utf-8") as lines:
        if kind == "go-output":
            print_go_output(lines)
        else:
            {"bazel": count_bazel, "tap": count_tap, "go": count_go}[kind](lines).print()


main()
