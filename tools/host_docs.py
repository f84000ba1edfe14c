#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes what a host has of the options: the manual page sluice(8) and the commented sluice.yaml.

host_docs.py SLUICE man|config: prints it, made of what SLUICE --help says.
"""
import re
import subprocess
import sys
import textwrap

INTRODUCTION = """\
# Sluice reads this file when it starts (sluice(8)). Each option is here with its default, commented
# out. Environment variables (SLUICE_LISTEN) and flags (--listen) go before it. After a change:
#
#   sluice --config=/etc/sluice/sluice.yaml --check-config && systemctl restart sluice
#
# Certificates, tokens and keys alone are read again by `systemctl reload sluice`.
"""

HEAD = r""".\" SPDX-License-Identifier: Apache-2.0
.TH SLUICE 8 "" "sluice {version}" "System Manager's Manual"
.SH NAME
sluice \- WebSocket gateway that holds client sockets for backend services
.SH SYNOPSIS
.B sluice
.RI [ OPTION ...]
.SH DESCRIPTION
Sluice keeps the connections, channels and presence of WebSocket clients, and lets backend services
reach them, and be reached by them, through a gRPC control plane. It runs in the foreground, logs to
stderr, and leaves after a drain when it gets SIGTERM.
.PP
Every option is also an environment variable
.RB ( \-\-outbox\-bytes " is " SLUICE_OUTBOX_BYTES )
and a key of the YAML file
.RB ( outbox\-bytes ).
Flags go before variables, variables before the file. Defaults stand in brackets.
"""

TAIL = r""".SH SIGNALS
.TP
.B SIGTERM, SIGINT
leave after a drain; a second one ends the process at once
.TP
.B SIGHUP
read certificates, tokens and keys again
.SH EXIT STATUS
.TP
.B 0
it has drained, or did what it was asked for
.TP
.B 1
it cannot start, was told twice to stop, or a reload was refused
.TP
.B 2
an option is wrong
.SH FILES
.TP
.I /etc/sluice/sluice.yaml
the options of the service
.TP
.I /run/sluice/reload
what became of the service's last reload
.SH SEE ALSO
.BR sluicectl (1),
.I /usr/share/doc/sluice/install.md
"""


def ask(binary, flag):
    return subprocess.run([binary, flag], check=True, capture_output=True, text=True).stdout


def groups_of(text):
    """[(group, [(flag, type, meaning, default or None)])] in the order of the help."""
    groups = []
    for line in text.splitlines():
        if heading := re.fullmatch(r"(\S.*):", line):
            groups.append((heading[1], []))
        elif option := re.fullmatch(r" {2}(?:-h,)?--(\S+?)(?: (\S.*?))?\s{2,}(\S.*)", line):
            name, kind, told = option.groups()
            meaning = re.fullmatch(r"(.*) \[(.*?)\]", told)
            groups[-1][1].append((name, kind, *(meaning.groups() if meaning else (told, None))))
        elif option := re.fullmatch(r" {2}--(\S+)(?: (\S.*))?", line):
            groups[-1][1].append((option[1], option[2], None, None))
        elif line.startswith("   ") and groups and groups[-1][1][-1][2] is None:
            name, kind = groups[-1][1].pop()[:2]
            meaning = re.fullmatch(r"\s*(.*) \[(.*?)\]", line)
            groups[-1][1].append((name, kind, *meaning.groups()))
    return groups


def roff(text):
    return text.replace("\\", "\\e").replace("-", "\\-").replace("'", "\\(aq")


def man_page(binary):
    page = HEAD.format(version=ask(binary, "--version").split()[1])
    for group, options in groups_of(ask(binary, "--help")):
        page += f'.SH "{group.upper()}"\n'
        for name, kind, meaning, default in options:
            # CLI11 shows the bounds of a process's number.
            kind = re.sub(r":.*", "", kind or "")
            page += f'.TP\n.B \\-\\-{roff(name)}{f" {roff(kind)}" if kind else ""}\n'
            page += roff(meaning) + (f" [{roff(default)}]" if default else "") + "\n"
    return page + TAIL


def config(binary):
    defaults = {}
    for line in ask(binary, "--print-config").splitlines():
        if found := re.fullmatch(r"([a-z-]+): (.*?)  # default.*", line):
            defaults[found[1]] = found[2]
    text = INTRODUCTION
    for group, options in groups_of(ask(binary, "--help")):
        known = [option for option in options if option[0] in defaults]
        if not known:
            continue
        text += f"\n# --- {group} ---\n"
        for name, _, meaning, _ in known:
            text += "\n" + "".join(f"# {line}\n" for line in textwrap.wrap(meaning, 98))
            text += f"#{name}: {defaults[name]}\n"
    return text


def main():
    binary, what = sys.argv[1:]
    print({"man": man_page, "config": config}[what](binary), end="")


main()
