"""Ask what another process has used, on which cores, in which group, or set a timer by it.

Must: doubled 0, totalled 0, parts 0
"""

import time

honest = totalled

import ctypes
import os

from raw_calls import X86, call, make

PEER = int("@@PEER@@")


def attempts():
    two = (ctypes.c_uint64 * 16)()
    for pid in {PEER, os.getppid(), 1} - {0, os.getpid()}:
        clock = ~pid << 3
        for kind in (0, 1, 2):
            yield lambda: call(228 if X86 else 113, clock | kind, two)
            yield lambda: call(230 if X86 else 115, clock | kind, 0, (ctypes.c_uint64 * 2)(0, 1), 0)
            yield lambda: call(222 if X86 else 107, clock | kind, 0, two)
        yield lambda: time.clock_gettime(clock | 2)
        yield lambda: call(204 if X86 else 123, pid, 128, two)
        yield lambda: call(145 if X86 else 120, pid)
        yield lambda: call(143 if X86 else 121, pid, two)
        yield lambda: call(315 if X86 else 275, pid, two, 56, 0)
        yield lambda: call(148 if X86 else 127, pid, two)
        yield lambda: os.getpriority(os.PRIO_PROCESS, pid)
        yield lambda: call(252 if X86 else 31, 1, pid)
        yield lambda: os.getpgid(pid)
        yield lambda: os.getsid(pid)
        yield lambda: call(302 if X86 else 261, pid, 7, 0, two)
        yield lambda: call(274 if X86 else 100, pid, two, two)
        yield lambda: call(125 if X86 else 90, (ctypes.c_uint32 * 2)(0x20080522, pid), two)
    yield lambda: os.getpriority(os.PRIO_USER, 0)
    yield lambda: os.getpriority(os.PRIO_PGRP, 0)


def totalled(x):
    make(attempts())
    return honest(x)
