"""Take priority, cores and limits from another process of the same user.

Must: doubled 0, totalled 0, parts 0
"""

import resource

honest = totalled

PEER = int("@@PEER@@")

import os

from raw_calls import X86, call, make


def attempts():
    yield lambda: os.setpriority(os.PRIO_PROCESS, PEER, 19)
    yield lambda: os.setpriority(os.PRIO_USER, 0, 19)
    yield lambda: os.sched_setaffinity(PEER, {0})
    yield lambda: os.sched_setscheduler(PEER, os.SCHED_IDLE, os.sched_param(0))
    yield lambda: resource.prlimit(PEER, resource.RLIMIT_CPU, (1, 1))
    yield lambda: call(251 if X86 else 30, 1, PEER, (3 << 13))
    yield lambda: call(162 if X86 else 81)


def totalled(x):
    make(attempts())
    return honest(x)
