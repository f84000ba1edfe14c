# SPDX-License-Identifier: Apache-2.0
"""Stops one thread of a process, by its name, until stdin ends: freeze.py PID NAME.

Prints "frozen" once it stands still, "forbidden" if the system does not let us (ptrace(2)).
"""
import ctypes
import os
import sys

PTRACE_DETACH, PTRACE_SEIZE, PTRACE_INTERRUPT = 17, 0x4206, 0x4207
WALL = 0x40000000

libc = ctypes.CDLL(None, use_errno=True)
libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]


def thread_of(pid, name):
    for task in os.listdir(f'/proc/{pid}/task'):
        with open(f'/proc/{pid}/task/{task}/comm', encoding='utf8') as comm:
            if comm.read().strip() == name:
                return int(task)
    raise SystemExit(f'no thread {name}')


task = thread_of(sys.argv[1], sys.argv[2])
if libc.ptrace(PTRACE_SEIZE, task, None, None) != 0:
    print('forbidden', flush=True)
    raise SystemExit(0)
libc.ptrace(PTRACE_INTERRUPT, task, None, None)
os.waitpid(task, WALL)
print('frozen', flush=True)
sys.stdin.read()
libc.ptrace(PTRACE_DETACH, task, None, None)
