#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""sandbox.py UNIT TRACE: whether a traced life of the gateway (strace -f) stays within what its unit allows: system
calls, address families, and no memory that is both written and executed."""
import re
import subprocess
import sys


def members(name, seen=None):
    """The calls of one of systemd's sets, and of those that it names."""
    seen = set() if seen is None else seen
    told = subprocess.run(["systemd-analyze", "--no-pager", "syscall-filter", name],
                          check=True, capture_output=True, text=True).stdout
    for word in re.findall(r"^ {4}([@a-z0-9_-]+)$", told, re.M):
        if word not in seen:
            seen.add(word)
            if word.startswith("@"):
                members(word, seen)
    return seen


def allowed(unit):
    calls = set()
    for value in re.findall(r"^SystemCallFilter=(.*)$", unit, re.M):
        for name in value.lstrip("~").split():
            calls = calls - members(name) if value.startswith("~") else calls | members(name)
    return calls


def main():
    unit = open(sys.argv[1], encoding="utf-8").read()
    trace = open(sys.argv[2], encoding="utf-8", errors="replace").read()
    called = set(re.findall(r"^\d+ +([a-z0-9_]+)\(", trace, re.M))
    families = set(re.findall(r"\bsocket\((AF_[A-Z0-9]+)", trace))
    assert {"epoll_wait", "prlimit64", "sendmsg"} <= called and "AF_INET" in families, "it was not traced"
    wrong = sorted(called - allowed(unit))
    wrong += sorted(families - set(re.search(r"^RestrictAddressFamilies=(.*)$", unit, re.M)[1].split()))
    if re.search(r"^MemoryDenyWriteExecute=yes$", unit, re.M):
        wrong += re.findall(r"\bm(?:map|protect)\(.*PROT_WRITE\|PROT_EXEC.*", trace)
    sys.exit(f"not allowed: {', '.join(wrong)}" if wrong else 0)


main()
