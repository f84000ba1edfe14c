# SPDX-License-Identifier: Apache-2.0
"""Checks the chart's rules and dashboard against their tests, the runbooks and what nodes export."""

import json
import pathlib
import re
import subprocess
import sys

import dashboard

RULES = "helm/sluice/files/rules.yaml"
RULES_TEST = "tests/metrics/rules_test.yaml"
DASHBOARD = "helm/sluice/files/dashboard.json"
RUNBOOKS = "docs/runbooks.md"
DOCS = (RUNBOOKS, "docs/metrics.md")


def read(path):
    return pathlib.Path(path).read_text(encoding="utf-8")


def promtool(*words):
    """What it says if it is not content."""
    ran = subprocess.run(["promtool", *words], check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    return ran.stdout.decode().splitlines() if ran.returncode else []


class Alert:
    """One alert as the file of rules has it."""

    def __init__(self, text):
        self.name = re.match(r"\w+", text).group()
        self.text = text

    def faults(self):
        wanted = {
            "severity": r"labels: \{severity: (?:warning|critical)\}", "a summary": r"summary: \S+ .*\.\n",
            "which one in its description": r"description: >-\n(?:.*\n)*?.*\{\{ \$(?:value|labels)",
            "its runbook": rf"runbook_url: docs/runbooks\.md#{self.name.lower()}(?:\n|$)",
        }
        if re.search(r"expr: absent\(", self.text):  # of which there is none
            del wanted["which one in its description"]
        return [f"{self.name} lacks {what}" for what, how in wanted.items() if not re.search(how, self.text)]


def alerts_of(rules):
    return [Alert(text) for text in re.split(r"\n +- alert: ", rules)[1:]]


def metrics_in(text):
    return set(re.findall(r"\b(?:sluice|process)_[a-z_0-9]+\b", text))


class Checks:
    """Verdicts in TAP."""

    def __init__(self):
        self.rules = self.broken = 0

    def verdict(self, rule, findings):
        self.rules += 1
        self.broken += bool(findings)
        print(f"{'not ok' if findings else 'ok'} {self.rules} - {rule}")
        for finding in findings:
            print(f"  # {finding}")

    def conclude(self):
        print(f"1..{self.rules}")
        sys.exit(self.broken > 0)

    def alerts(self, families, options):
        rules = read(RULES)
        alerts = alerts_of(rules)
        self.verdict("promtool accepts the rules", promtool("check", "rules", RULES))
        self.verdict("alerts fire when they should, and are silent when all is well",
                     promtool("test", "rules", RULES_TEST))
        self.verdict("alerts say how bad, what, how much, and what to do",
                     [fault for alert in alerts for fault in alert.faults()])
        self.tested({alert.name for alert in alerts})
        self.runbooks({alert.name for alert in alerts})
        self.verdict("no rule is for one job or namespace", re.findall(
            r'.*\b(?:job|namespace|pod|instance) *(?:=|!=|=~|!~) *".*', rules))
        self.known("rules", rules, families)
        self.dashboard(families)
        self.docs({alert.name for alert in alerts}, families, options)

    def docs(self, names, families, options):
        text = "".join(map(read, DOCS))
        self.known("docs", text.replace("process_(", ""), families)
        self.verdict("the docs name alerts that there are",
                     sorted(set(re.findall(r"\bSluice[A-Z]\w+", text)) - names))
        self.verdict("the docs name options that there are", sorted(
            set(re.findall(r"`--([a-z-]+)`", text)) - options))
        self.verdict("rules count bounds that are options", sorted(
            set(re.findall(r"\bbound: ([a-z-]+)", read(RULES))) - options))

    def tested(self, names):
        text = read(RULES_TEST)
        silent = set(re.findall(r'ALERTS\{alertname="(\w+)"\}\)\', eval_time: \w+, exp_samples: \[\]', text))
        fired = set(re.findall(
            r'ALERTS\{alertname="(\w+)", alertstate="firing"\}\)\', eval_time: \w+,\s+'
            r"exp_samples: \[\{labels: '\{alertname=\"\1\"\}', value: 1\}\]", text))
        self.verdict("every alert is tested to fire", sorted(names ^ fired))
        self.verdict("every alert is tested to be silent", sorted(names ^ silent))

    def runbooks(self, names):
        entries = re.split(r"^### (?=Sluice)", read(RUNBOOKS), flags=re.M)[1:]
        titles = [entry.split("\n")[0] for entry in entries]
        self.verdict("every alert has a runbook, and every runbook an alert",
                     sorted(names ^ set(titles)) + [title for title in titles if titles.count(title) > 1])
        short = [entry.split("\n")[0] for entry in entries if len(entry.split()) < 15]
        self.verdict("no runbook is empty", short)

    def known(self, what, text, families):
        """No query asks for what nobody exports."""
        unknown = {name for name in metrics_in(text)
                   if name not in families and re.sub("_(bucket|sum|count)$", "", name) not in families}
        self.verdict(f"the {what} ask for metrics that there are", sorted(unknown))

    def dashboard(self, families):
        text = read(DASHBOARD)
        self.verdict("the dashboard is what tools/dashboard.py writes",
                     [] if text == dashboard.text() else [f"python3 tools/dashboard.py > {DASHBOARD}"])
        panels = json.loads(text)["panels"]
        self.known("panels", "\n".join(t["expr"] for p in panels for t in p.get("targets", [])), families)
